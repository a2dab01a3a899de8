// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {QuorumPolicy} from "../../contracts/mocks/QuorumPolicy.sol";
import {Attestation} from "../../contracts/types/Attestation.sol";
import {JobId} from "../../contracts/types/Job.sol";
import {Test} from "./support/Test.sol";

/// @notice Endorsements by any signers, in any order, any number of times.
contract QuorumTest is Test {
    uint256 private constant MEMBERS = 5;
    uint256 private constant PEOPLE = 8;

    /// @notice I20: an answer counts exactly when enough distinct members stand behind it; who signs twice is refused.
    function testFuzz_I20_MembersCountOnce(uint256 seed, uint8 drawn, uint8 needed) public {
        uint256 threshold = bound(needed, 1, MEMBERS);
        uint256[] memory keys = _sortedKeys();
        address[] memory members = new address[](MEMBERS);
        // Every other person is no member.
        for (uint256 i = 0; i < MEMBERS; ++i) members[i] = vm.addr(keys[(i * 3) % PEOPLE]);
        QuorumPolicy policy = new QuorumPolicy(members, threshold, 0);
        Attestation memory attestation = Attestation(JobId.wrap(keccak256("job")), "root", 0, address(1));
        bytes[] memory signatures = new bytes[](bound(drawn, 0, PEOPLE));
        (bool ascending, uint256 counted, uint256 last) = (true, 0, 0);
        // Mostly upwards, sometimes the same person again, sometimes back.
        uint256 person = 0;
        for (uint256 i = 0; i < signatures.length; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            person =
                i == 0
                    ? seed % 2
                    : seed % 12 == 0
                        ? last
                        : seed % 13 == 0
                            ? 0
                            : (last + 1) % PEOPLE;
            if (i != 0 && person <= last) ascending = false;
            last = person;
            signatures[i] = signatureOf(keys[person], _digest(policy, attestation));
            if (policy.isMember(vm.addr(keys[person]))) ++counted;
        }
        try policy.onAttest(attestation, abi.encode(signatures)) returns (bool accepted, uint32) {
            assertTrue(ascending, "I20: somebody counts twice");
            assertEq(accepted, counted >= threshold, "I20: quorum");
        } catch {
            assertFalse(ascending, "I20: an honest quorum was refused");
        }
    }

    /// @dev Keys in the order of their addresses.
    function _sortedKeys() private pure returns (uint256[] memory keys) {
        keys = new uint256[](PEOPLE);
        for (uint256 i = 0; i < PEOPLE; ++i) keys[i] = uint256(keccak256(abi.encode("endorser", i)));
        for (uint256 i = 0; i < PEOPLE; ++i) {
            for (uint256 j = i + 1; j < PEOPLE; ++j) {
                if (vm.addr(keys[j]) < vm.addr(keys[i])) (keys[i], keys[j]) = (keys[j], keys[i]);
            }
        }
    }

    function _digest(QuorumPolicy policy, Attestation memory attestation) private view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        );
        bytes32 domain = keccak256(
            abi.encode(typeHash, keccak256("Remit QuorumPolicy"), keccak256("1"), block.chainid, address(policy))
        );
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Endorsement(bytes32 jobId,bytes32 outputRoot,bytes32 outputContent,address operator)"),
                attestation
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}

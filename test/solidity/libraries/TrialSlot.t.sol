// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TrialSlot, TrialSlotLib} from "../../../contracts/libraries/TrialSlot.sol";
import {AttestationRecord, JobId, Terms} from "../../../contracts/types/Job.sol";
import {CaseFile, Docket, Exhibits, Ground, TrialStatus} from "../../../contracts/types/Trial.sol";
import {Test} from "../support/Test.sol";

/// @notice Calls what reads calldata.
contract TrialSlotHarness {
    function idOf(Terms calldata terms, address registry) external view returns (JobId) {
        return TrialSlotLib.idOf(terms, registry);
    }

    function hashOf(JobId jobId, CaseFile calldata file) external pure returns (bytes32) {
        return TrialSlotLib.hashOf(jobId, file);
    }

    function hashOfOpened(
        JobId jobId,
        AttestationRecord calldata record,
        Docket memory docket
    ) external pure returns (bytes32) {
        return TrialSlotLib.hashOfOpened(jobId, record, docket);
    }

    function hashOfPosted(
        JobId jobId,
        CaseFile calldata file,
        Exhibits memory exhibits
    ) external pure returns (bytes32) {
        return TrialSlotLib.hashOfPosted(jobId, file, exhibits);
    }
}

/// @notice A trial's slot commits to every word of its case file; changing status or mark changes nothing else.
contract TrialSlotTest is Test {
    TrialSlotHarness private _harness;

    function setUp() public {
        _harness = new TrialSlotHarness();
    }

    function testFuzz_I17_TheHashIsTheHashOfTheEncoding(JobId jobId, CaseFile memory file) public view {
        bytes32 expected = _hashOf(jobId, file);
        assertEq(_harness.hashOf(jobId, file), expected, "as it was brought");
        Exhibits memory exhibits = file.exhibits;
        Exhibits memory nothing;
        file.exhibits = nothing;
        assertEq(_harness.hashOfPosted(jobId, file, exhibits), expected, "posted");
        assertEq(_harness.hashOfOpened(jobId, file.record, file.docket), _hashOf(jobId, file), "opened");
    }

    function testFuzz_I17_TheIdIsTheRegistrys(Terms memory terms, address registry) public view {
        assertEq(
            JobId.unwrap(_harness.idOf(terms, registry)),
            keccak256(abi.encode(block.chainid, registry, terms)),
            "id"
        );
    }

    function testFuzz_StatusAndMarkLeaveTheRest(
        bytes32 fileHash,
        uint8 first,
        uint8 second,
        uint8 old,
        uint8 mark
    ) public pure {
        (TrialStatus before, TrialStatus status) = (_statusOf(first), _statusOf(second));
        TrialSlot slot = TrialSlotLib.create(before, fileHash);
        _check(slot, fileHash, before, Ground.None);
        slot = slot.marked(_groundOf(old));
        _check(slot, fileHash, before, _groundOf(old));
        slot = slot.moved(status);
        _check(slot, fileHash, status, _groundOf(old));
        slot = slot.marked(_groundOf(mark));
        _check(slot, fileHash, status, _groundOf(mark));
        _check(slot.moved(before), fileHash, before, _groundOf(mark));
    }

    function testFuzz_I17_ASlotCommitsToOneHash(bytes32 fileHash, uint8 bit) public pure {
        TrialSlot slot = TrialSlotLib.create(TrialStatus.Hearing, fileHash);
        // The lowest two bytes are the slot's own.
        uint256 place = bound(bit, 16, 255);
        assertFalse(slot.commitsTo(fileHash ^ bytes32(uint256(1) << place)), "another file");
    }

    /* INTERNAL */

    function _hashOf(JobId jobId, CaseFile memory file) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    jobId,
                    keccak256(abi.encode(file.record)),
                    keccak256(abi.encode(file.docket)),
                    keccak256(abi.encode(file.exhibits))
                )
            );
    }

    function _check(TrialSlot slot, bytes32 fileHash, TrialStatus status, Ground mark) private pure {
        assertEq(uint8(slot.status()), uint8(status), "status");
        assertEq(uint8(slot.mark()), uint8(mark), "mark");
        assertEq(slot.commitment(), (fileHash >> 16) << 16, "commitment");
        assertTrue(slot.commitsTo(fileHash), "commits");
    }

    function _statusOf(uint8 seed) private pure returns (TrialStatus) {
        return TrialStatus(bound(seed, 0, uint8(type(TrialStatus).max)));
    }

    function _groundOf(uint8 seed) private pure returns (Ground) {
        return Ground(bound(seed, 0, uint8(type(Ground).max)));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAttestationPolicy} from "../interfaces/IAttestationPolicy.sol";
import {Attestation} from "../types/Attestation.sol";

/// @notice A small policy that shows how one is written: an answer counts once `threshold` of a fixed set of members have
/// endorsed it, and then its challenge window may be shorter.
/// @dev Endorsements have a type of their own, so nobody's endorsement can be taken for an operator's attestation.
contract QuorumPolicy is IAttestationPolicy, EIP712 {
    bytes32 private constant ENDORSEMENT_TYPEHASH = keccak256(
        "Endorsement(bytes32 jobId,bytes32 outputRoot,bytes32 outputContent,address operator)"
    );

    uint256 public immutable threshold;
    /// @notice Challenge window of an endorsed answer, seconds; zero keeps the terms' own.
    uint32 public immutable challengeWindow;

    mapping(address account => bool) public isMember;

    error QuorumPolicyInvalidThreshold(uint256 threshold, uint256 members);
    /// @notice Thrown unless signers come in ascending order: that keeps anybody from counting twice.
    error QuorumPolicyUnordered(address signer);

    constructor(
        address[] memory members,
        uint256 threshold_,
        uint32 challengeWindow_
    ) EIP712("Remit QuorumPolicy", "1") {
        if (threshold_ == 0 || threshold_ > members.length) {
            revert QuorumPolicyInvalidThreshold(threshold_, members.length);
        }
        threshold = threshold_;
        challengeWindow = challengeWindow_;
        for (uint256 i = 0; i < members.length; ++i) isMember[members[i]] = true;
    }

    /// @param evidence `abi.encode(bytes[] signatures)`, EIP-712 over `Endorsement` with the attestation's fields
    function onAttest(
        Attestation calldata attestation,
        bytes calldata evidence
    ) external view returns (bool accepted, uint32 window) {
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    ENDORSEMENT_TYPEHASH,
                    attestation.jobId,
                    attestation.outputRoot,
                    attestation.outputContent,
                    attestation.operator
                )
            )
        );
        bytes[] memory signatures = abi.decode(evidence, (bytes[]));
        uint256 endorsements = 0;
        address last = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            (address signer, , ) = ECDSA.tryRecover(digest, signatures[i]);
            if (signer <= last) revert QuorumPolicyUnordered(signer);
            last = signer;
            if (isMember[signer]) ++endorsements;
        }
        return (endorsements >= threshold, challengeWindow);
    }
}

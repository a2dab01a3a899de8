// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Attestation} from "../types/Attestation.sol";

/// @title An extra condition on an attestation: a quorum, an enclave's quote, a proof
/// @notice Named in a job's terms and asked exactly once, in attest, with capped gas. It is never asked by settle, expire or
/// a trial, so it can trap nobody: an attestation it refuses leaves the job open until its deadline, then the fee goes back.
interface IAttestationPolicy {
    /// @param attestation what is about to be recorded; a policy that needs the job's terms takes them in `evidence` and checks
    /// them against the job's id
    /// @param evidence whatever the attester brought for this policy
    /// @return accepted false refuses the attestation
    /// @return challengeWindow seconds for this answer, within the parameters of the job; zero keeps the terms' own
    function onAttest(
        Attestation calldata attestation,
        bytes calldata evidence
    ) external returns (bool accepted, uint32 challengeWindow);
}

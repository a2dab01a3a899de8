// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IEquivocationCourt} from "./interfaces/IEquivocationCourt.sol";
import {IJobRegistry} from "./interfaces/IJobRegistry.sol";
import {IOperatorStaking} from "./interfaces/IOperatorStaking.sol";
import {SignedOutput} from "./types/Attestation.sol";
import {AttestationRecord, JobId, Terms} from "./types/Job.sol";

/// @notice See `IEquivocationCourt`.
contract EquivocationCourt is IEquivocationCourt {
    IJobRegistry public immutable jobRegistry;
    IOperatorStaking public immutable operatorStaking;

    mapping(JobId jobId => mapping(address operator => bool)) public isProven;

    constructor(IJobRegistry jobRegistry_, IOperatorStaking operatorStaking_) {
        jobRegistry = jobRegistry_;
        operatorStaking = operatorStaking_;
    }

    function prove(
        Terms calldata terms,
        AttestationRecord calldata record,
        address operator,
        SignedOutput calldata first,
        SignedOutput calldata second
    ) external {
        JobId jobId = jobRegistry.jobIdOf(terms);
        bool againstRecord = first.signature.length == 0;
        bool firstHolds =
            againstRecord
                ? record.operator == operator && record.outputRoot == first.outputRoot
                : _signed(jobId, terms, operator, first);
        if (!firstHolds || first.outputRoot == second.outputRoot || !_signed(jobId, terms, operator, second)) {
            revert EquivocationCourtNotProven(jobId, operator);
        }
        // INVARIANT(I18): once per operator and job.
        if (isProven[jobId][operator]) revert EquivocationCourtAlreadyProven(jobId, operator);
        isProven[jobId][operator] = true;
        emit EquivocationProven(jobId, operator, msg.sender);
        jobRegistry.convictEquivocation(terms, record, operator, msg.sender, againstRecord);
    }

    /// @dev Whether a key of `operator` signed this output while it could bind it: a key that had ended before the job can
    /// have been requested binds nobody.
    function _signed(
        JobId jobId,
        Terms calldata terms,
        address operator,
        SignedOutput calldata output
    ) private view returns (bool) {
        bytes32 digest = jobRegistry.attestationDigest(jobId, output.outputRoot, output.outputContent, operator);
        (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecover(digest, output.signature);
        if (failure != ECDSA.RecoverError.NoError) return false;
        IOperatorStaking.AttesterKey memory key = operatorStaking.attesterKey(signer);
        if (key.operator != operator || operator == address(0)) return false;
        uint256 attestTimeMax = jobRegistry.parametersOf(terms.options.parametersVersion()).attestTimeMax;
        return key.revokedAt == 0 || uint256(key.revokedAt) + attestTimeMax > terms.options.attestDeadline();
    }
}

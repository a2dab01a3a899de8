// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJobRegistry} from "../interfaces/IJobRegistry.sol";
import {IOperatorStaking} from "../interfaces/IOperatorStaking.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {TrialSlotLib} from "../libraries/TrialSlot.sol";
import {AttestationRecord, JobId, Terms} from "../types/Job.sol";
import {CaseFile, Claim} from "../types/Trial.sol";

/// @notice The first kind of claim: an attestation recorded by the job registry. All that the court asks of a kind is here: what
/// is claimed, who answers for it, how a trial takes hold of it, and how a verdict reaches it.
abstract contract AttestationClaims {
    IJobRegistry public immutable jobRegistry;
    IOperatorStaking public immutable operatorStaking;

    constructor(IJobRegistry jobRegistry_, IOperatorStaking operatorStaking_) {
        jobRegistry = jobRegistry_;
        operatorStaking = operatorStaking_;
    }

    /// @dev What an attestation claims.
    function _claimOf(Terms calldata terms, AttestationRecord calldata record) internal view returns (Claim memory) {
        return
            Claim({
                id: JobId.unwrap(TrialSlotLib.idOf(terms, address(jobRegistry))),
                modelId: terms.modelId,
                inputRoot: terms.inputRoot,
                outputRoot: record.outputRoot,
                operator: record.operator,
                requester: terms.requester,
                stakeAtRisk: terms.stakeAtRisk,
                fee: terms.fee,
                challengeEnd: record.challengeEnd,
                parametersVersion: terms.options.parametersVersion()
            });
    }

    /// @dev Holds the claim until the verdict; reverts unless it may be tried now. The operator's stake stays locked.
    function _hold(Terms calldata terms, AttestationRecord calldata record) internal {
        jobRegistry.openTrial(terms, record);
    }

    /// @dev Carries a verdict out.
    function _rule(CaseFile calldata file, IJobRegistry.TrialOutcome outcome, ISlasher.Award memory award) internal {
        jobRegistry.resolveTrial(file.terms, file.record, outcome, award);
    }

    /// @dev Whether `account` may speak for the operator: itself, or one of its attester keys.
    function _speaksFor(address account, address operator) internal view returns (bool) {
        return account == operator || operatorStaking.operatorOf(account) == operator;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJobRegistry} from "../interfaces/IJobRegistry.sol";
import {FloatBits} from "../libraries/FloatBits.sol";
import {Availability, CallbackPhase, Delivery, JobId, Terms} from "../types/Job.sol";
import {JobOptionsLib} from "../types/JobOptions.sol";
import {ModelId} from "../types/Model.sol";
import {InferenceConsumer} from "./InferenceConsumer.sol";

/// @title An example to start from: let a score decide an amount
/// @notice Asks a model for an applicant's score in [0, 1] and sets the applicant's limit when the answer is final.
/// @dev Money follows only final answers, within bounds that no model output can leave.
contract CreditLine is InferenceConsumer {
    uint256 private constant ONE = 1e18;
    uint32 private constant CALLBACK_GAS = 100_000;

    ModelId public immutable modelId;
    address public immutable owner;
    /// @notice Limit at a score of 1, in whatever unit the line is kept.
    uint256 public immutable limitMax;
    /// @notice Scores below this (18 decimals) get no limit.
    uint256 public immutable scoreMin;

    mapping(JobId jobId => address applicant) public applicantOf;
    mapping(address applicant => uint256 limit) public limitOf;

    event ScoreRequested(JobId indexed jobId, address indexed applicant);
    event LimitSet(JobId indexed jobId, address indexed applicant, uint256 score, uint256 limit);

    error CreditLineUnauthorized(address caller);
    error CreditLineUnknownJob(JobId jobId);

    constructor(
        IJobRegistry jobRegistry_,
        ModelId modelId_,
        uint256 limitMax_,
        uint256 scoreMin_
    ) InferenceConsumer(jobRegistry_) {
        modelId = modelId_;
        owner = msg.sender;
        limitMax = limitMax_;
        scoreMin = scoreMin_;
    }

    /// @notice Asks for the score of `applicant`. Only the owner, who prepays this contract's balance.
    /// @param features the model's input vector, 4 bytes big-endian float32 per feature
    function requestScore(
        address applicant,
        bytes calldata features,
        uint128 fee,
        uint128 stakeAtRisk,
        uint40 attestDeadline,
        uint32 challengeWindow,
        uint96 salt
    ) external returns (JobId jobId) {
        if (msg.sender != owner) revert CreditLineUnauthorized(msg.sender);
        Terms memory terms;
        terms.modelId = modelId;
        terms.fee = fee;
        terms.stakeAtRisk = stakeAtRisk;
        terms.options = JobOptionsLib.create(
            Availability.Inline,
            Delivery.Inline,
            CallbackPhase.OnFinal,
            CALLBACK_GAS,
            challengeWindow,
            attestDeadline,
            salt
        );
        jobId = _requestInference(terms, features);
        applicantOf[jobId] = applicant;
        emit ScoreRequested(jobId, applicant);
    }

    function _onFinal(JobId jobId, bytes32, bytes32, bytes calldata output) internal override {
        address applicant = applicantOf[jobId];
        if (applicant == address(0)) revert CreditLineUnknownJob(jobId);
        // A model may say anything: NaN and negative scores count as 0, scores above 1 as 1.
        uint256 score = FloatBits.toUnsignedDown(FloatBits.elementAt(output, 0), ONE);
        if (score > ONE) score = ONE;
        uint256 limit = score < scoreMin ? 0 : (limitMax * score) / ONE;
        limitOf[applicant] = limit;
        emit LimitSet(jobId, applicant, score, limit);
    }
}

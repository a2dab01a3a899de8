// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {InferenceConsumer} from "../consumer/InferenceConsumer.sol";
import {IJobRegistry} from "../interfaces/IJobRegistry.sol";
import {Availability, CallbackPhase, Delivery, JobId, Terms} from "../types/Job.sol";
import {JobOptionsLib} from "../types/JobOptions.sol";
import {ModelId} from "../types/Model.sol";

/// @notice The smallest consumer that uses its answer: asks one model on fixed terms and keeps the hash of the last output.
/// For measuring gas.
contract HashKeeper is InferenceConsumer {
    ModelId public immutable modelId;
    address public immutable operator;
    CallbackPhase public immutable callbackPhase;
    uint128 public immutable fee;
    uint128 public immutable stakeAtRisk;
    uint32 public immutable challengeWindow;
    bytes32 public lastOutputHash;

    constructor(
        IJobRegistry jobRegistry_,
        ModelId modelId_,
        address operator_,
        CallbackPhase callbackPhase_,
        uint128 fee_,
        uint128 stakeAtRisk_,
        uint32 challengeWindow_
    ) InferenceConsumer(jobRegistry_) {
        modelId = modelId_;
        operator = operator_;
        callbackPhase = callbackPhase_;
        fee = fee_;
        stakeAtRisk = stakeAtRisk_;
        challengeWindow = challengeWindow_;
    }

    function ask(bytes calldata input, uint96 salt) external returns (JobId) {
        Terms memory terms;
        terms.modelId = modelId;
        terms.operator = operator;
        terms.fee = fee;
        terms.stakeAtRisk = stakeAtRisk;
        terms.options = JobOptionsLib.create(
            Availability.Inline,
            Delivery.Inline,
            callbackPhase,
            100_000,
            challengeWindow,
            uint40(block.timestamp + 10 minutes),
            salt
        );
        return _requestInference(terms, input);
    }

    function _onAttested(JobId, bytes32, bytes32, bytes calldata output) internal override {
        lastOutputHash = keccak256(output);
    }

    function _onFinal(JobId, bytes32, bytes32, bytes calldata output) internal override {
        lastOutputHash = keccak256(output);
    }
}

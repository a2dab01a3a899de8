// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJobRegistry} from "../interfaces/IJobRegistry.sol";
import {FloatBits} from "../libraries/FloatBits.sol";
import {JobId, Terms} from "../types/Job.sol";
import {InferenceConsumer} from "./InferenceConsumer.sol";

/// @title An example to start from: use any classifier
/// @notice Asks for inferences and keeps, for every answer, its root and the index of its largest number: the label of a
/// digit, an animal, an advisory. Answers too large for calldata are kept by root and content id, to be fetched off-chain
/// and checked against the root.
/// @dev Anybody may ask here, at the cost of this contract's balance in `Settlement`: give your own contract an owner.
contract LabelReader is InferenceConsumer {
    struct Answer {
        bytes32 outputRoot;
        /// sha2-256 of the published output; zero when the output came along
        bytes32 outputContent;
        /// index of the largest element; meaningless when the output did not come along
        uint32 label;
        bool isFinal;
        bool isAsked;
    }

    mapping(JobId jobId => Answer) private _answers;

    event Asked(JobId indexed jobId);
    event Labelled(JobId indexed jobId, uint32 label, bytes32 outputRoot, bytes32 outputContent, bool isFinal);

    error LabelReaderUnknownJob(JobId jobId);

    constructor(IJobRegistry jobRegistry_) InferenceConsumer(jobRegistry_) {}

    function answerOf(JobId jobId) external view returns (Answer memory) {
        return _answers[jobId];
    }

    function ask(Terms calldata terms, bytes calldata input) external returns (JobId jobId) {
        jobId = _requestInference(terms, input);
        _answers[jobId].isAsked = true;
        emit Asked(jobId);
    }

    function _onAttested(JobId jobId, bytes32 root, bytes32 content, bytes calldata output) internal override {
        _keep(jobId, root, content, output, false);
    }

    function _onFinal(JobId jobId, bytes32 root, bytes32 content, bytes calldata output) internal override {
        _keep(jobId, root, content, output, true);
    }

    function _keep(JobId jobId, bytes32 root, bytes32 content, bytes calldata output, bool isFinal) private {
        Answer storage answer = _answers[jobId];
        if (!answer.isAsked) revert LabelReaderUnknownJob(jobId);
        uint32 label = FloatBits.argMax(output);
        answer.outputRoot = root;
        answer.outputContent = content;
        answer.label = label;
        answer.isFinal = isFinal;
        emit Labelled(jobId, label, root, content, isFinal);
    }
}

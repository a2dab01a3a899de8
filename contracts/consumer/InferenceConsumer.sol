// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {IFeedRequests} from "../interfaces/IFeedRequests.sol";
import {IInferenceCallback} from "../interfaces/IInferenceCallback.sol";
import {IJobRegistry} from "../interfaces/IJobRegistry.sol";
import {FeedId} from "../types/Feed.sol";
import {Availability, JobId, Terms} from "../types/Job.sol";

/// @title What a contract inherits to ask for inferences
/// @notice Call `_requestInference`, override `_onAttested` or `_onFinal`. Prepay the contract's balance in `Settlement`
/// (anybody may deposit for it); the fee of every request is taken from there.
/// @dev Callbacks arrive only from the registry. They say nothing about whose job it is: keep the ids you asked for, or
/// accept that anybody may pay for an answer that names your contract as its callback target. Keep callbacks small: they
/// have exactly the gas you asked for, and a failing one must be retried by hand.
abstract contract InferenceConsumer is IInferenceCallback, ERC165 {
    IJobRegistry public immutable jobRegistry;

    error InferenceConsumerUnauthorized(address caller);
    /// @notice Thrown for a private input: nobody else could check the answer.
    error InferenceConsumerPrivateInput();

    constructor(IJobRegistry jobRegistry_) {
        jobRegistry = jobRegistry_;
    }

    modifier onlyJobRegistry() {
        if (msg.sender != address(jobRegistry)) revert InferenceConsumerUnauthorized(msg.sender);
        _;
    }

    /// @inheritdoc IInferenceCallback
    function onAttested(JobId jobId, bytes32 root, bytes32 content, bytes calldata output) external onlyJobRegistry {
        _onAttested(jobId, root, content, output);
    }

    /// @inheritdoc IInferenceCallback
    function onFinal(JobId jobId, bytes32 root, bytes32 content, bytes calldata output) external onlyJobRegistry {
        _onFinal(jobId, root, content, output);
    }

    function supportsInterface(bytes4 interfaceId) public view virtual override returns (bool) {
        return interfaceId == type(IInferenceCallback).interfaceId || super.supportsInterface(interfaceId);
    }

    /// @dev Asks. Fill in `modelId`, `fee`, `stakeAtRisk` and `options` (see `JobOptionsLib.create`), `inputRoot` for blobs, and
    /// whatever else the job needs; the requester is this contract, and so is the callback's target unless you name another.
    /// @param input the vector (inline) or the 32-byte sha2-256 digest of the published vector (blob)
    function _requestInference(Terms memory terms, bytes calldata input) internal returns (JobId) {
        if (terms.options.availability() == Availability.None) revert InferenceConsumerPrivateInput();
        return jobRegistry.request(terms, input);
    }

    /// @dev Asks about the last answers of a feed, as many as the model takes; it must be `Live`. `options` must say
    /// `Availability.Feed`; everything else as in `_requestInference`.
    function _requestFromFeed(Terms memory terms, FeedId feedId) internal returns (JobId) {
        return IFeedRequests(jobRegistry.feedRequests()).requestFromFeed(terms, feedId);
    }

    /// @dev The answer is here and may still be overturned.
    function _onAttested(JobId jobId, bytes32 root, bytes32 content, bytes calldata output) internal virtual {}

    /// @dev The answer is final.
    function _onFinal(JobId jobId, bytes32 root, bytes32 content, bytes calldata output) internal virtual {}
}

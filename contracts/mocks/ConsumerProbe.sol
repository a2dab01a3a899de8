// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {InferenceConsumer} from "../consumer/InferenceConsumer.sol";
import {IJobRegistry} from "../interfaces/IJobRegistry.sol";
import {FeedId} from "../types/Feed.sol";
import {JobId, Terms} from "../types/Job.sol";

/// @notice The base contract as it is, with a door to each of its internal functions; overrides nothing.
contract ConsumerProbe is InferenceConsumer {
    constructor(IJobRegistry jobRegistry_) InferenceConsumer(jobRegistry_) {}

    function ask(Terms memory terms, bytes calldata input) external returns (JobId) {
        return _requestInference(terms, input);
    }

    function askFromFeed(Terms memory terms, FeedId feedId) external returns (JobId) {
        return _requestFromFeed(terms, feedId);
    }
}

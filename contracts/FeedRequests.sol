// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeedRegistry} from "./interfaces/IFeedRegistry.sol";
import {IFeedRequests} from "./interfaces/IFeedRequests.sol";
import {IJobRegistry} from "./interfaces/IJobRegistry.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {FeedId} from "./types/Feed.sol";
import {Availability, JobId, Terms} from "./types/Job.sol";

/// @notice See `IFeedRequests`.
contract FeedRequests is IFeedRequests {
    IFeedRegistry public immutable feedRegistry;
    IJobRegistry public immutable jobRegistry;
    IModelRegistry public immutable modelRegistry;

    constructor(IFeedRegistry feedRegistry_, IJobRegistry jobRegistry_, IModelRegistry modelRegistry_) {
        feedRegistry = feedRegistry_;
        jobRegistry = jobRegistry_;
        modelRegistry = modelRegistry_;
    }

    function requestFromFeed(Terms memory terms, FeedId feedId) external returns (JobId jobId) {
        Availability availability = terms.options.availability();
        if (availability != Availability.Feed) revert FeedRequestsInvalidAvailability(availability);
        (, uint256 inputLength, ) = modelRegistry.lengthsOf(terms.modelId);
        (bytes memory input, uint32 lastRound) = feedRegistry.windowOf(feedId, inputLength);
        jobId = jobRegistry.requestFromFeed(msg.sender, terms, input);
        emit FeedInputTaken(jobId, feedId, lastRound, inputLength);
    }
}

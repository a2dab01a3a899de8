// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FeedId} from "../types/Feed.sol";
import {Availability, JobId, Terms} from "../types/Job.sol";

/// @title From a feed into a model
/// @notice Requests a job whose input is the last answers of a feed. The registry takes such an input from this contract only, so
/// a job whose options say `Availability.Feed` was computed from a feed by the chain itself.
interface IFeedRequests {
    /// @notice The input of `jobId` is the last `count` answers of the feed, up to round `lastRound`.
    event FeedInputTaken(JobId indexed jobId, FeedId indexed feedId, uint32 lastRound, uint256 count);

    /// @notice Thrown when the options say another availability than `Feed`.
    error FeedRequestsInvalidAvailability(Availability availability);

    /// @notice Like `IJobRegistry.request`, paid by the caller, who is the requester. As many answers are taken as the model's
    /// input has elements. Reverts unless the feed is `Live`.
    /// @param terms `options` must say `Availability.Feed`
    function requestFromFeed(Terms memory terms, FeedId feedId) external returns (JobId jobId);
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeedRequests} from "../interfaces/IFeedRequests.sol";
import {IJobRegistry} from "../interfaces/IJobRegistry.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {FeedId} from "../types/Feed.sol";
import {JobId, Terms} from "../types/Job.sol";

/// @title The requester of one schedule's jobs
/// @notice Has the schedule's balance in `Settlement` and does what the scheduler tells it, nothing else. Cloned per schedule
/// (EIP-1167), so that refunds come back to the schedule they belong to without any bookkeeping.
contract ScheduleAccount {
    address public immutable scheduler;
    IJobRegistry private immutable _JOB_REGISTRY;
    IFeedRequests private immutable _FEED_REQUESTS;
    ISettlement private immutable _SETTLEMENT;

    error ScheduleAccountUnauthorized(address caller);

    constructor(IJobRegistry jobRegistry, IFeedRequests feedRequests, ISettlement settlement) {
        scheduler = msg.sender;
        _JOB_REGISTRY = jobRegistry;
        _FEED_REQUESTS = feedRequests;
        _SETTLEMENT = settlement;
    }

    modifier onlyScheduler() {
        if (msg.sender != scheduler) revert ScheduleAccountUnauthorized(msg.sender);
        _;
    }

    function request(Terms calldata terms, bytes calldata input) external onlyScheduler returns (JobId) {
        return _JOB_REGISTRY.request(terms, input);
    }

    function requestFromFeed(Terms calldata terms, FeedId feedId) external onlyScheduler returns (JobId) {
        return _FEED_REQUESTS.requestFromFeed(terms, feedId);
    }

    function withdraw(address to, uint256 amount) external onlyScheduler {
        _SETTLEMENT.withdraw(to, amount);
    }
}

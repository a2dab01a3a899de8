// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AggregatorV3Interface} from "../interfaces/IAggregatorV3.sol";
import {IFeedRegistry} from "../interfaces/IFeedRegistry.sol";
import {FeedId, FeedState, Round} from "../types/Feed.sol";

/// @title A feed as contracts that read prices expect it
/// @notice One per feed; anybody may deploy it. It has no owner, no state and nothing to configure.
/// @dev Like the interface's original it hands out the last accepted answer whatever its age: readers compare `updatedAt` with the
/// heartbeat, or ask `feedState`. While the feed is disputed the last answer keeps its old time.
contract FeedAggregator is AggregatorV3Interface {
    IFeedRegistry public immutable feedRegistry;
    FeedId public immutable feedId;
    uint8 public immutable decimals;
    /// @dev Left-aligned text of at most 31 bytes.
    bytes32 private immutable _NAME;

    uint256 public constant version = 1;

    /// @dev Reverts unless the feed exists: its name and decimals never change.
    constructor(IFeedRegistry feedRegistry_, FeedId feedId_) {
        feedRegistry = feedRegistry_;
        feedId = feedId_;
        decimals = feedRegistry_.feedTerms(feedId_).decimals;
        (_NAME, , , , ) = feedRegistry_.feedInfo(feedId_);
    }

    function description() external view returns (string memory) {
        bytes32 name = _NAME;
        uint256 length = 0;
        while (name[length] != 0) ++length;
        bytes memory text = new bytes(length);
        for (uint256 i = 0; i < length; ++i) text[i] = name[i];
        return string(text);
    }

    /// @notice Where the feed stands for a reader now.
    function feedState() external view returns (FeedState) {
        return feedRegistry.feedState(feedId);
    }

    /// @notice Whether a move beyond the clamp waits for a second round.
    function isDisputed() external view returns (bool) {
        return feedRegistry.feedState(feedId) == FeedState.Disputed;
    }

    function getRoundData(uint80 _roundId) external view returns (uint80, int256, uint256, uint256, uint80) {
        return _unpack(feedRegistry.roundOf(feedId, _roundId));
    }

    /// @dev Every price reader pays for this: the registry's five words are handed on where they lie, with the last, the count of
    /// reports, replaced by the round's number.
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        bytes memory data = abi.encodeCall(IFeedRegistry.latestRound, (feedId));
        address registry = address(feedRegistry);
        assembly ("memory-safe") {
            let free := mload(0x40)
            if iszero(staticcall(gas(), registry, add(data, 0x20), mload(data), free, 0xa0)) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            mstore(add(free, 0x80), mload(free))
            return(free, 0xa0)
        }
    }

    function _unpack(Round memory round) private pure returns (uint80, int256, uint256, uint256, uint80) {
        return (round.number, round.answer, round.observedAt, round.updatedAt, round.number);
    }
}

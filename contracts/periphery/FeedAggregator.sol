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

    // The name is the interface's.
    // solhint-disable-next-line const-name-snakecase
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

    /// @dev Every price reader pays for this: one word is fetched and taken apart here.
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        bytes32 selector = IFeedRegistry.latestSlotOf.selector;
        FeedId feed = feedId;
        address registry = address(feedRegistry);
        // Either ends the call or has touched nothing but scratch space.
        assembly {
            mstore(0x00, selector)
            mstore(0x04, feed)
            let success := staticcall(gas(), registry, 0x00, 0x24, 0x00, 0x20)
            // A registry refuses nobody; were it out of gas, the word would be zero.
            let word := mul(mload(0x00), success)
            let round := shr(224, word)
            if round {
                mstore(0x00, round)
                mstore(0x20, signextend(15, word))
                mstore(0x40, and(shr(168, word), 0xffffffffff))
                mstore(0x60, and(shr(128, word), 0xffffffffff))
                mstore(0x80, round)
                return(0x00, 0xa0)
            }
        }
        revert IFeedRegistry.FeedRegistryNoRound(feed, 0);
    }

    function _unpack(Round memory round) private pure returns (uint80, int256, uint256, uint256, uint80) {
        return (round.number, round.answer, round.observedAt, round.updatedAt, round.number);
    }
}

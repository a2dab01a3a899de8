// SPDX-License-Identifier: MIT
// solhint-disable-next-line compiler-version
pragma solidity ^0.8.0;

import {AggregatorV3Interface} from "../interfaces/IAggregatorV3.sol";

/// @notice A lender's price reader as they are written for Chainlink: it knows nothing but the interface. For tests.
contract ChainlinkConsumer {
    AggregatorV3Interface public immutable priceFeed;
    uint256 public immutable maxAge;
    /// @notice Value of the last `record`, in units of 1e18.
    uint256 public recorded;
    /// @notice Gas of the read within the last `record`, the call included.
    uint256 public readGas;

    error ChainlinkConsumerBadPrice(int256 price);
    error ChainlinkConsumerStalePrice(uint256 updatedAt);
    error ChainlinkConsumerIncompleteRound(uint80 roundId);

    constructor(AggregatorV3Interface priceFeed_, uint256 maxAge_) {
        priceFeed = priceFeed_;
        maxAge = maxAge_;
    }

    /// @notice Value of `amount` units, in units of 1e18.
    function worthOf(uint256 amount) public view returns (uint256) {
        (uint80 roundId, int256 price, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound) = priceFeed
            .latestRoundData();
        if (price <= 0) revert ChainlinkConsumerBadPrice(price);
        if (updatedAt == 0 || startedAt == 0 || answeredInRound < roundId) {
            revert ChainlinkConsumerIncompleteRound(roundId);
        }
        if (block.timestamp - updatedAt > maxAge) revert ChainlinkConsumerStalePrice(updatedAt);
        return (amount * uint256(price) * 1e18) / 10 ** uint256(priceFeed.decimals());
    }

    function record(uint256 amount) external {
        recorded = worthOf(amount);
    }

    /// @notice Measures one read, the first of its transaction: what the call costs, whatever the reader does with the answer.
    function measure() external {
        address target = address(priceFeed);
        bytes memory data = abi.encodeCall(AggregatorV3Interface.latestRoundData, ());
        uint256 used;
        bool success;
        assembly ("memory-safe") {
            let place := mload(0x40)
            // Memory for the answer is the reader's.
            mstore(add(place, 0x80), 0)
            used := gas()
            success := staticcall(gas(), target, add(data, 0x20), mload(data), place, 0xa0)
            used := sub(used, gas())
        }
        // solhint-disable-next-line gas-custom-errors
        require(success);
        readGas = used;
    }

    /// @notice The price that a round had, found by its number.
    function historicalPrice(uint80 roundId) external view returns (int256 price, uint256 timestamp) {
        (, price, , timestamp, ) = priceFeed.getRoundData(roundId);
        if (timestamp == 0) revert ChainlinkConsumerIncompleteRound(roundId);
    }
}

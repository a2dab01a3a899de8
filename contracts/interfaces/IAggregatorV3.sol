// SPDX-License-Identifier: MIT
// Readers compile it with whatever they have.
// solhint-disable-next-line compiler-version
pragma solidity ^0.8.0;

/// @title What contracts that read prices expect
/// @notice The interface that readers of Chainlink's feeds are written against, with its names, types and selectors, so that such
/// a contract reads a feed of this network without a change.
// solhint-disable-next-line interface-starts-with-i
interface AggregatorV3Interface {
    /// @notice Decimals of every answer.
    function decimals() external view returns (uint8);

    function description() external view returns (string memory);

    function version() external view returns (uint256);

    /// @notice One round. Reverts when there is no such round.
    /// @return roundId number of the round
    /// @return answer scaled by `decimals`
    /// @return startedAt when it was observed, Unix seconds
    /// @return updatedAt when it was accepted, Unix seconds
    /// @return answeredInRound the same as `roundId`
    function getRoundData(
        uint80 _roundId
    )
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);

    /// @notice The last accepted round, whatever its age. Reverts before the first.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}

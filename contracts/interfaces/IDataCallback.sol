// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DataRequestId} from "../types/Feed.sol";

/// @title What a contract that asks for data implements
/// @dev Called by the feed registry with exactly the gas named in the terms. Return data is ignored and a failure blocks
/// nothing. Implementations must check that `msg.sender` is the registry they trust and that the request is their own.
interface IDataCallback {
    /// @param answer the committee's median, scaled by its feed's decimals
    function onData(DataRequestId requestId, int128 answer) external;
}

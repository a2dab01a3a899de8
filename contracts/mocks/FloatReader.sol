// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FloatBits} from "../libraries/FloatBits.sol";

/// @notice `FloatBits` from outside, many numbers at once.
contract FloatReader {
    function toUnsignedDown(uint32[] calldata bits, uint256 scale) external pure returns (uint256[] memory values) {
        values = new uint256[](bits.length);
        for (uint256 i = 0; i < bits.length; ++i) values[i] = FloatBits.toUnsignedDown(bits[i], scale);
    }

    function orderKey(uint32[] calldata bits) external pure returns (uint256[] memory keys) {
        keys = new uint256[](bits.length);
        for (uint256 i = 0; i < bits.length; ++i) keys[i] = FloatBits.orderKey(bits[i]);
    }

    function elementAt(bytes calldata vector, uint256 index) external pure returns (uint32) {
        return FloatBits.elementAt(vector, index);
    }

    function argMax(bytes calldata vector) external pure returns (uint32) {
        return FloatBits.argMax(vector);
    }
}

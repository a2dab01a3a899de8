// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Elementary} from "../judge/Elementary.sol";

/// @notice `Elementary` from outside, thousands of cases at once. Operands and results are packed, 4 bytes each and
/// big-endian; functions go by the numbers that instructions use: 16 exp to 23 cos, and 7 for pow.
contract JudgeElementary {
    error JudgeElementaryUnknownFunction(uint256 id);

    /// @param operands 4 bytes for each case
    /// @return results 4 bytes for each case
    function unary(uint256 id, bytes calldata operands) external pure returns (bytes memory results) {
        function(uint256) pure returns (uint256) f = _unary(id);
        uint256 count = operands.length / 4;
        results = new bytes(4 * count);
        for (uint256 i = 0; i < count; ++i) _put(results, i, f(_word(operands, 4 * i) >> 224));
    }

    /// @param operands 8 bytes for each case: left, right
    /// @return results 4 bytes for each case
    function binary(uint256 id, bytes calldata operands) external pure returns (bytes memory results) {
        function(uint256, uint256) pure returns (uint256) f = _binary(id);
        uint256 count = operands.length / 8;
        results = new bytes(4 * count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 pair = _word(operands, 8 * i);
            _put(results, i, f(pair >> 224, (pair >> 192) & 0xffffffff));
        }
    }

    /// @notice What one call of a binary function costs in gas, its own jump included.
    function gasOf(uint256 id, uint256 a, uint256 b) external view returns (uint256 gas) {
        function(uint256, uint256) pure returns (uint256) f = _binary(id);
        uint256 before = gasleft();
        f(a, b);
        return before - gasleft();
    }

    /// @notice What one call of a unary function costs in gas, its own jump included.
    function gasOfUnary(uint256 id, uint256 x) external view returns (uint256 gas) {
        function(uint256) pure returns (uint256) f = _unary(id);
        uint256 before = gasleft();
        f(x);
        return before - gasleft();
    }

    function _unary(uint256 id) private pure returns (function(uint256) pure returns (uint256)) {
        if (id == 16) return Elementary.exp;
        if (id == 17) return Elementary.log;
        if (id == 18) return Elementary.tanh;
        if (id == 19) return Elementary.erf;
        if (id == 20) return Elementary.sigmoid;
        if (id == 21) return Elementary.softplus;
        if (id == 22) return Elementary.sin;
        if (id == 23) return Elementary.cos;
        revert JudgeElementaryUnknownFunction(id);
    }

    function _binary(uint256 id) private pure returns (function(uint256, uint256) pure returns (uint256)) {
        if (id == 7) return Elementary.pow;
        revert JudgeElementaryUnknownFunction(id);
    }

    function _word(bytes calldata data, uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, offset))
        }
    }

    /// @dev Adds to the zeros that are there: a result with more than 32 bits would spoil its neighbour and be noticed.
    function _put(bytes memory results, uint256 index, uint256 bits) private pure {
        assembly ("memory-safe") {
            let slot := add(add(results, 4), shl(2, index))
            mstore(slot, or(mload(slot), bits))
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ElementarySeries} from "../judge/ElementarySeries.sol";

/// @notice The cores of `Elementary` from outside, all bits of their results, many cases at once: 0 pade, 1 exponential,
/// 2 atanhSeries, 3 logarithm, 4 alternatingSeries, 5 quarterTurns, 6 errorSeries.
contract JudgeElementarySeries {
    error JudgeElementarySeriesUnknownFunction(uint256 id);

    /// @param operands 64 bytes for each case: both operands, or one and 0
    /// @return results 64 bytes for each case: both results, or one and 0
    function cores(uint256 id, bytes calldata operands) external pure returns (bytes memory results) {
        uint256 count = operands.length / 64;
        results = new bytes(64 * count);
        for (uint256 i = 0; i < count; ++i) {
            (uint256 a, uint256 b) = abi.decode(operands[64 * i:64 * i + 64], (uint256, uint256));
            (a, b) = _core(id, a, b);
            assembly ("memory-safe") {
                let slot := add(add(results, 32), shl(6, i))
                mstore(slot, a)
                mstore(add(slot, 32), b)
            }
        }
    }

    function _core(uint256 id, uint256 a, uint256 b) private pure returns (uint256, uint256) {
        if (id == 0) return ElementarySeries.pade(a);
        if (id == 1) {
            (uint256 mantissa, int256 power) = ElementarySeries.exponential(int256(a));
            return (mantissa, uint256(power));
        }
        if (id == 2) return (ElementarySeries.atanhSeries(a, b), 0);
        if (id == 3) return (uint256(ElementarySeries.logarithm(a, int256(b))), 0);
        if (id == 4) return (ElementarySeries.alternatingSeries(a, b), 0);
        if (id == 5) {
            (uint256 quarter, int256 rest) = ElementarySeries.quarterTurns(a, int256(b));
            return (quarter, uint256(rest));
        }
        if (id == 6) return (ElementarySeries.errorSeries(a), 0);
        revert JudgeElementarySeriesUnknownFunction(id);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Elementary} from "./Elementary.sol";
import {Float32} from "./Float32.sol";
import {Int32} from "./Int32.sol";

/// @title The functions of `MAP` and `ZIP`, by number
/// @notice docs/PLAN.md, Operations. Numbers must be those of a function: `InstructionLimits` has made sure.
library Functions {
    /// @notice A function of one number.
    function ofOne(uint256 fn, uint256 x) internal pure returns (uint256) {
        if (fn == 0) return x;
        if (fn < 16) {
            if (fn == 1) return Float32.neg(x);
            if (fn == 2) return Float32.abs(x);
            if (fn == 3) return Float32.sqrt(x);
            if (fn == 4) return Float32.floor(x);
            if (fn == 5) return Float32.ceil(x);
            if (fn == 6) return Float32.roundHalfEven(x);
            return Float32.sign(x);
        }
        if (fn == 16) return Elementary.exp(x);
        if (fn == 17) return Elementary.log(x);
        if (fn == 18) return Elementary.tanh(x);
        if (fn == 19) return Elementary.erf(x);
        if (fn == 20) return Elementary.sigmoid(x);
        if (fn == 21) return Elementary.softplus(x);
        if (fn == 22) return Elementary.sin(x);
        if (fn == 23) return Elementary.cos(x);
        if (fn == 32) return Float32.toInt32(x);
        return Float32.fromInt32(x);
    }

    /// @notice A function of two numbers.
    function ofTwo(uint256 fn, uint256 x, uint256 y) internal pure returns (uint256) {
        if (fn >= 16) return _ofIntegers(fn, x, y);
        if (fn == 0) return Float32.add(x, y);
        if (fn == 1) return Float32.sub(x, y);
        if (fn == 2) return Float32.mul(x, y);
        if (fn == 3) return Float32.div(x, y);
        if (fn == 4) return Float32.min(x, y);
        if (fn == 5) return Float32.max(x, y);
        if (fn == 6) return Float32.fmod(x, y);
        if (fn == 7) return Elementary.pow(x, y);
        if (fn == 8) return Float32.eq(x, y);
        if (fn == 9) return Float32.lt(x, y);
        return Float32.le(x, y);
    }

    function _ofIntegers(uint256 fn, uint256 x, uint256 y) private pure returns (uint256) {
        if (fn == 16) return Int32.add(x, y);
        if (fn == 17) return Int32.sub(x, y);
        if (fn == 18) return Int32.mul(x, y);
        if (fn == 19) return Int32.div(x, y);
        if (fn == 20) return Int32.min(x, y);
        if (fn == 21) return Int32.max(x, y);
        if (fn == 22) return Int32.mod(x, y);
        if (fn == 23) return Int32.rem(x, y);
        if (fn == 24) return Int32.and(x, y);
        if (fn == 25) return Int32.or(x, y);
        if (fn == 26) return Int32.xor(x, y);
        if (fn == 27) return Int32.eq(x, y);
        if (fn == 28) return Int32.lt(x, y);
        if (fn == 29) return Int32.le(x, y);
        return Int32.pow(x, y);
    }
}

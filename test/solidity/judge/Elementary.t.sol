// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Elementary} from "../../../contracts/judge/Elementary.sol";
import {Float32} from "../../../contracts/judge/Float32.sol";
import {JudgeElementary} from "../../../contracts/mocks/JudgeElementary.sol";
import {JsonObject, JsonReader} from "../support/JsonReader.sol";
import {Test} from "../support/Test.sol";

/// @notice The hand-picked cases, and what holds for any argument.
contract ElementaryTest is Test {
    JudgeElementary private elementary = new JudgeElementary();

    function test_UnaryCases() public view {
        JsonObject memory cases = JsonReader.fileAt("test/vectors/elementary.json", "$.unary");
        uint256 count = cases.count();
        assertGe(count, 140, "cases");
        for (uint256 i = 0; i < count; i++) {
            JsonObject memory entry = cases.item(i);
            bytes memory result = elementary.unary(uint8(entry.integer("id")), entry.data("operands"));
            assertEq(result, entry.data("result"), _name("unary", i));
        }
    }

    function test_PowerCases() public view {
        JsonObject memory cases = JsonReader.fileAt("test/vectors/elementary.json", "$.binary");
        uint256 count = cases.count();
        assertGe(count, 70, "cases");
        for (uint256 i = 0; i < count; i++) {
            JsonObject memory entry = cases.item(i);
            bytes memory result = elementary.binary(uint8(entry.integer("id")), entry.data("operands"));
            assertEq(result, entry.data("result"), _name("binary", i));
        }
    }

    function testFuzz_ResultsAreCanonical(uint32 bits, uint32 other) public pure {
        uint256 x = Float32.canonical(bits);
        _canonical(Elementary.exp(x), "exp");
        _canonical(Elementary.log(x), "log");
        _canonical(Elementary.tanh(x), "tanh");
        _canonical(Elementary.erf(x), "erf");
        _canonical(Elementary.sigmoid(x), "sigmoid");
        _canonical(Elementary.softplus(x), "softplus");
        _canonical(Elementary.sin(x), "sin");
        _canonical(Elementary.cos(x), "cos");
        _canonical(Elementary.pow(x, Float32.canonical(other)), "pow");
    }

    function testFuzz_OddAndEvenFunctions(uint32 bits) public pure {
        uint256 x = Float32.canonical(bits);
        uint256 opposite = Float32.neg(x);
        assertEq(Elementary.tanh(opposite), Float32.neg(Elementary.tanh(x)), "tanh");
        assertEq(Elementary.erf(opposite), Float32.neg(Elementary.erf(x)), "erf");
        assertEq(Elementary.sin(opposite), Float32.neg(Elementary.sin(x)), "sin");
        assertEq(Elementary.cos(opposite), Elementary.cos(x), "cos");
    }

    function testFuzz_GrowingFunctionsGrow(uint32 bits) public pure {
        uint256 x = bits & Float32.MAGNITUDE;
        if (x >= Float32.INFINITY) return;
        assertLe(Elementary.exp(x), Elementary.exp(x + 1), "exp");
        assertLe(Elementary.tanh(x), Elementary.tanh(x + 1), "tanh");
        assertLe(Elementary.erf(x), Elementary.erf(x + 1), "erf");
        assertLe(Elementary.sigmoid(x), Elementary.sigmoid(x + 1), "sigmoid");
        assertLe(Elementary.softplus(x), Elementary.softplus(x + 1), "softplus");
        assertLe(Float32.orderKey(Elementary.log(x)), Float32.orderKey(Elementary.log(x + 1)), "log");
    }

    function testFuzz_PowersOfOneOperation(uint32 bits) public pure {
        uint256 x = Float32.canonical(bits);
        if (Float32.isNaN(x)) return;
        assertEq(Elementary.pow(x, 0x3f800000), x, "to 1");
        assertEq(Elementary.pow(x, 0x40000000), Float32.mul(x, x), "to 2");
        if (x != 0) assertEq(Elementary.pow(x, 0xbf800000), Float32.div(0x3f800000, x), "to -1");
        if (x <= Float32.INFINITY) assertEq(Elementary.pow(x, 0x3f000000), Float32.sqrt(x), "to 1/2");
    }

    function _canonical(uint256 bits, string memory message) private pure {
        assertEq(bits, Float32.canonical(bits), message);
        assertLe(bits, type(uint32).max, message);
    }

    function _name(string memory list, uint256 index) private pure returns (string memory) {
        return string.concat(list, " ", vm.toString(index));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Float32} from "../../../contracts/judge/Float32.sol";
import {JudgeArithmetic} from "../../../contracts/mocks/JudgeArithmetic.sol";
import {JsonObject, JsonReader} from "../support/JsonReader.sol";
import {Test} from "../support/Test.sol";

/// @notice The hand-picked cases, and what holds for any operands.
contract Float32Test is Test {
    JudgeArithmetic private arithmetic = new JudgeArithmetic();

    function test_UnaryCases() public view {
        JsonObject memory cases = JsonReader.fileAt("test/vectors/float32.json", "$.unary");
        uint256 count = cases.count();
        assertGe(count, 60, "cases");
        for (uint256 i = 0; i < count; i++) {
            JsonObject memory entry = cases.item(i);
            bytes memory operands = entry.data("operands");
            bytes memory result = arithmetic.unary(uint8(entry.integer("id")), operands);
            assertEq(result, entry.data("result"), _name("unary", i));
        }
    }

    function test_BinaryCases() public view {
        JsonObject memory cases = JsonReader.fileAt("test/vectors/float32.json", "$.binary");
        uint256 count = cases.count();
        assertGe(count, 90, "cases");
        for (uint256 i = 0; i < count; i++) {
            JsonObject memory entry = cases.item(i);
            bytes memory operands = entry.data("operands");
            bytes memory result = arithmetic.binary(uint8(entry.integer("id")), operands);
            assertEq(result, entry.data("result"), _name("binary", i));
        }
    }

    function test_Products() public view {
        JsonObject memory cases = JsonReader.fileAt("test/vectors/float32.json", "$.products");
        uint256 count = cases.count();
        assertGe(count, 16, "cases");
        for (uint256 i = 0; i < count; i++) {
            JsonObject memory entry = cases.item(i);
            uint64 pair = uint64(bytes8(entry.data("operands")));
            (int256 scaled, bool bad) = Float32.product160(pair >> 32, uint32(pair));
            assertEq(bad, entry.flag("bad"), _name("bad product", i));
            assertEq(bytes32(uint256(scaled)), entry.word("scaled"), _name("product", i));
        }
    }

    function test_Rationals() public view {
        JsonObject memory cases = JsonReader.fileAt("test/vectors/float32.json", "$.rationals");
        uint256 count = cases.count();
        assertGe(count, 40, "cases");
        for (uint256 i = 0; i < count; i++) {
            JsonObject memory entry = cases.item(i);
            uint256 bits = Float32.fromRational(
                entry.flag("negative"),
                uint256(entry.word("numerator")),
                uint256(entry.word("denominator")),
                int256(uint256(entry.word("exponent")))
            );
            assertEq(bits, uint32(bytes4(entry.data("result"))), _name("rational", i));
        }
    }

    function test_Dots() public view {
        JsonObject memory cases = JsonReader.fileAt("test/vectors/float32.json", "$.dots");
        uint256 count = cases.count();
        assertGe(count, 11, "cases");
        for (uint256 i = 0; i < count; i++) {
            JsonObject memory entry = cases.item(i);
            int256 sum = int256(uint256(entry.word("sum")));
            uint256 bits = Float32.dotResult(sum, uint256(entry.word("divisor")));
            assertEq(bits, uint32(bytes4(entry.data("result"))), _name("dot", i));
        }
    }

    function testFuzz_SumsAndProductsCommute(uint32 a, uint32 b) public pure {
        assertEq(Float32.add(a, b), Float32.add(b, a), "sum");
        assertEq(Float32.mul(a, b), Float32.mul(b, a), "product");
        assertEq(Float32.sub(a, b), Float32.neg(Float32.sub(b, a)), "difference");
    }

    function testFuzz_OperandsAreMadeCanonical(uint32 a, uint32 b) public pure {
        uint256 x = Float32.canonical(a);
        uint256 y = Float32.canonical(b);
        assertEq(Float32.add(a, b), Float32.add(x, y), "sum");
        assertEq(Float32.mul(a, b), Float32.mul(x, y), "product");
        assertEq(Float32.div(a, b), Float32.div(x, y), "quotient");
        assertEq(Float32.fmod(a, b), Float32.fmod(x, y), "remainder");
        assertEq(Float32.min(a, b), Float32.min(x, y), "minimum");
        assertEq(Float32.eq(a, b), Float32.eq(x, y), "equality");
    }

    function testFuzz_EveryIntegerSumIsTheFloatOfItself(int256 value, int16 exponent) public pure {
        uint256 bits = Float32.fromInteger(value, exponent);
        assertEq(bits, Float32.canonical(bits), "canonical");
        if (value != type(int256).min) {
            assertEq(bits, Float32.neg(Float32.fromInteger(-value, exponent)), "symmetric");
        }
    }

    function testFuzz_ExactProductsRoundToProducts(uint32 a, uint32 b) public pure {
        (int256 scaled, bool bad) = Float32.product160(a, b);
        uint256 rounded = Float32.mul(a, b);
        // above 2^-100 a product has no digit below 2^-160
        uint256 magnitude = rounded & Float32.MAGNITUDE;
        if (bad || magnitude < 0x0d800000) return;
        assertEq(Float32.dotResult(scaled, 1), rounded, "rounded product");
    }

    function _name(string memory list, uint256 index) private pure returns (string memory) {
        return string.concat(list, " ", vm.toString(index));
    }
}

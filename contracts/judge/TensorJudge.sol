// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITensorJudge, Openings, Ruling, Vectors} from "../interfaces/ITensorJudge.sol";
import {Chunks, ChunkReader} from "./ChunkReader.sol";
import {Dot} from "./Dot.sol";
import {Fold} from "./Fold.sol";
import {Functions} from "./Functions.sol";
import {IndexMap, View} from "./IndexMap.sol";
import {InstructionLimits} from "./InstructionLimits.sol";
import {Instruction, InstructionReader} from "./InstructionReader.sol";

/// @title The judge: recomputes one element of one instruction of a plan from committed vectors
/// @notice Pure: no storage, no other contract. What an instruction means is told in docs/PLAN.md, the arithmetic in
/// docs/ARITHMETIC.md; the twin is `workers/canonical/judge/`.
contract TensorJudge is ITensorJudge {
    using InstructionLimits for Instruction;
    using IndexMap for Instruction;
    using IndexMap for View;
    using ChunkReader for Chunks;

    uint256 private constant INPUT = 1;
    uint256 private constant WEIGHT = 2;
    uint256 private constant TRACE = 3;

    /// @notice The instruction breaks a limit of docs/PLAN.md.
    error TensorJudgeMalformed(uint256 reason);
    /// @notice The instruction does not write this element.
    error TensorJudgeElementOutOfRange(uint256 element, uint256 start, uint256 size);
    error TensorJudgeNoOperand(uint256 operand, uint256 count);
    /// @notice The operand is not read at this position of the window.
    error TensorJudgeOutsideWindow(uint256 k, uint256 size);

    /// @inheritdoc ITensorJudge
    /// @dev The claim and the operands in the trace share one opening. A rank is checked, not computed: `canonical` is 0.
    function judge(
        bytes calldata encoded,
        Vectors calldata vectors,
        uint256 element,
        Openings calldata openings
    ) external pure returns (Ruling memory ruling) {
        (Instruction memory instruction, Chunks[4] memory opened) = _prepare(encoded, vectors, element, openings);
        uint256 claimed = opened[TRACE].elementAt(element);
        ruling.claimed = uint32(claimed);
        if (instruction.op == InstructionReader.RANK) {
            ruling.wrong = !_isRanked(instruction, opened, claimed);
            return ruling;
        }
        uint256 bits;
        (bits, ruling.outOfRange) = _compute(instruction, opened);
        ruling.canonical = uint32(bits);
        ruling.wrong = bits != claimed;
    }

    /// @inheritdoc ITensorJudge
    /// @dev The data of a `PICK` are shown where they begin, as for the index 0.
    function operandAt(
        bytes calldata encoded,
        Vectors calldata vectors,
        uint256 element,
        uint256 operand,
        uint256 k,
        Openings calldata openings
    ) external pure returns (uint32) {
        (Instruction memory instruction, Chunks[4] memory opened) = _prepare(encoded, vectors, element, openings);
        if (operand >= instruction.operandCount) revert TensorJudgeNoOperand(operand, instruction.operandCount);
        uint256 window = InstructionReader.readsWindow(instruction.op, operand) ? instruction.windowSize : 1;
        if (k >= window) revert TensorJudgeOutsideWindow(k, window);
        (uint256 bits, ) = instruction.viewOf(operand, opened).valueAt(k);
        return uint32(bits);
    }

    /// @inheritdoc ITensorJudge
    function malformation(
        bytes calldata encoded,
        uint256 inputLength,
        uint256 weightsLength
    ) external pure returns (uint8) {
        (Instruction memory instruction, bool complete) = InstructionReader.read(encoded);
        return complete ? uint8(instruction.reasonOf(inputLength, weightsLength)) : 1;
    }

    /// @inheritdoc ITensorJudge
    /// @dev Looks at limits 1 and 4 only.
    function header(bytes calldata encoded) external pure returns (uint256 start, uint256 size) {
        (Instruction memory instruction, bool complete) = InstructionReader.read(encoded);
        if (!complete) revert TensorJudgeMalformed(1);
        if (!instruction.hasDimensions()) revert TensorJudgeMalformed(4);
        return (instruction.start, instruction.size);
    }

    /// @dev Reads and checks everything that is given.
    function _prepare(
        bytes calldata encoded,
        Vectors calldata vectors,
        uint256 element,
        Openings calldata openings
    ) private pure returns (Instruction memory instruction, Chunks[4] memory opened) {
        bool complete;
        (instruction, complete) = InstructionReader.read(encoded);
        if (!complete) revert TensorJudgeMalformed(1);
        uint256 reason = instruction.reasonOf(vectors.inputLength, vectors.weightsLength);
        if (reason != 0) revert TensorJudgeMalformed(reason);
        unchecked {
            uint256 flat = element - instruction.start;
            // A plan may claim to write past the trace's end; there is nothing to judge there.
            if (element < instruction.start || flat >= instruction.size || element >= vectors.traceLength) {
                revert TensorJudgeElementOutOfRange(element, instruction.start, instruction.size);
            }
            instruction.setElement(flat);
        }
        opened[INPUT] = ChunkReader.open(openings.input, INPUT, vectors.inputRoot, vectors.inputLength);
        opened[WEIGHT] = ChunkReader.open(openings.weights, WEIGHT, vectors.weightsRoot, vectors.weightsLength);
        opened[TRACE] = ChunkReader.open(openings.trace, TRACE, vectors.traceRoot, vectors.traceLength);
    }

    /// @dev The canonical number of every operation but `RANK`.
    function _compute(
        Instruction memory instruction,
        Chunks[4] memory opened
    ) private pure returns (uint256 bits, bool outOfRange) {
        uint256 op = instruction.op;
        if (op == InstructionReader.DOT) {
            bits = _dot(instruction, opened);
        } else if (op == InstructionReader.ZIP) {
            uint256 left = _plain(instruction, opened, 0);
            bits = Functions.ofTwo(instruction.fn, left, _plain(instruction, opened, 1));
        } else if (op == InstructionReader.MAP) {
            bits = Functions.ofOne(instruction.fn, _plain(instruction, opened, 0));
        } else if (op == InstructionReader.FOLD) {
            View memory operand = instruction.viewOf(0, opened);
            uint256 values = operand.gather(instruction.windowSize);
            bits = Fold.valueOf(instruction.fn, operand.elementType, values, instruction.windowSize);
        } else if (op == InstructionReader.JOIN) {
            bits = _join(instruction, opened);
        } else if (op == InstructionReader.PICK) {
            return _pick(instruction, opened);
        } else {
            bits = _plain(instruction, opened, _plain(instruction, opened, 0) != 0 ? 1 : 2);
        }
        bits = IndexMap.canonical(bits, instruction.elementType);
    }

    function _dot(Instruction memory instruction, Chunks[4] memory opened) private pure returns (uint256) {
        uint256 count = instruction.windowSize;
        uint256 left = instruction.viewOf(0, opened).gather(count);
        uint256 right = instruction.viewOf(1, opened).gather(count);
        uint256 bias = instruction.operandCount == 3 ? _plain(instruction, opened, 2) : 0;
        if (instruction.elementType == InstructionReader.I32) return Dot.ofIntegers(left, right, count, bias);
        return Dot.ofFloats(left, right, count, bias, instruction.a);
    }

    function _join(Instruction memory instruction, Chunks[4] memory opened) private pure returns (uint256 bits) {
        bool inside;
        for (uint256 i = 0; i < instruction.operandCount && !inside; ++i) {
            (bits, inside) = instruction.viewOf(i, opened).valueAt(0);
        }
    }

    function _pick(
        Instruction memory instruction,
        Chunks[4] memory opened
    ) private pure returns (uint256 bits, bool outOfRange) {
        uint256 row = _plain(instruction, opened, 1);
        unchecked {
            // the limits keep `a` below 2^31: a sum of both signs does not wrap
            if (row >= 1 << 31) row = (row + instruction.a) & 0xffffffff;
            if (row >= instruction.a) return (0, true);
            (bits, ) = instruction.viewOf(0, opened).valueBeyond(0, int256(row) * instruction.b);
        }
    }

    /// @dev Whether `claimed` is the index of the element with the rank that is asked for.
    function _isRanked(
        Instruction memory instruction,
        Chunks[4] memory opened,
        uint256 claimed
    ) private pure returns (bool) {
        uint256 count = instruction.windowSize;
        if (claimed >= count) return false;
        View memory operand = instruction.viewOf(0, opened);
        uint256 rank = Fold.rankOf(instruction.fn == 0, operand.elementType, operand.gather(count), count, claimed);
        return rank == instruction.coordinateAt(instruction.a);
    }

    /// @dev An operand that is read once.
    function _plain(
        Instruction memory instruction,
        Chunks[4] memory opened,
        uint256 i
    ) private pure returns (uint256 bits) {
        (bits, ) = instruction.viewOf(i, opened).valueAt(0);
    }
}

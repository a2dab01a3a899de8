// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RankingInstruction} from "../../../contracts/libraries/RankingInstruction.sol";
import {Test} from "../support/Test.sol";

/// @notice `RankingInstruction` from outside.
contract RankingInstructionHarness {
    function sameRanking(bytes calldata instruction, uint256 element, uint256 other) external pure returns (bool) {
        return RankingInstruction.sameRanking(instruction, element, other);
    }
}

/// @notice Which elements are ranks of one window, by their coordinates.
contract RankingInstructionTest is Test {
    uint8 private constant RANK = 5;
    RankingInstructionHarness private _harness;

    function setUp() public {
        _harness = new RankingInstructionHarness();
    }

    /// @notice Two elements are ranks of one window when their coordinates differ along its axis and nowhere else.
    function testFuzz_RanksOfOneWindowDifferAlongItsAxis(
        uint8[3] memory sizes,
        uint8 axis,
        uint8 at,
        uint8 to,
        uint40 start
    ) public view {
        uint256 total = 1;
        for (uint256 i = 0; i < 3; ++i) {
            sizes[i] = (sizes[i] % 4) + 1;
            total *= sizes[i];
        }
        axis %= 3;
        (uint256 one, uint256 other) = (at % total, to % total);
        bool same = one != other;
        for (uint256 i = 0; i < 3; ++i) {
            if (i != axis && _coordinate(sizes, i, one) != _coordinate(sizes, i, other)) same = false;
        }
        bytes memory instruction = _rank(start, axis, sizes);
        assertEq(_harness.sameRanking(instruction, one + start, other + start), same, "same window");
        assertEq(_harness.sameRanking(instruction, other + start, one + start), same, "in either order");
    }

    /// @notice What lies before the instruction's first element, or after its last, is no rank of it.
    function testFuzz_NothingOutsideIsARank(uint32 start, uint8 before, uint8 beyond, uint8 at) public view {
        uint8[3] memory sizes = [2, 3, 2];
        uint256 inside = uint256(start) + 300 + (at % 12);
        bytes memory instruction = _rank(uint40(start) + 300, 1, sizes);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 outside = i == 0 ? uint256(start) + 299 - before : uint256(start) + 312 + beyond;
            assertFalse(_harness.sameRanking(instruction, inside, outside), "the second is outside");
            assertFalse(_harness.sameRanking(instruction, outside, inside), "the first is outside");
        }
    }

    function test_OnlyRankingsHaveRanks() public view {
        uint8[3] memory sizes = [2, 3, 2];
        bytes memory instruction = _rank(0, 1, sizes);
        assertTrue(_harness.sameRanking(instruction, 0, 2), "a ranking");
        instruction[0] = bytes1(uint8(4));
        assertFalse(_harness.sameRanking(instruction, 0, 2), "a fold");
    }

    function _coordinate(uint8[3] memory sizes, uint256 axis, uint256 element) private pure returns (uint256) {
        for (uint256 i = 2; i > axis; --i) element /= sizes[i];
        return element % sizes[axis];
    }

    /// @dev op, fn, type, start, axis, b, dimensions.
    function _rank(uint40 start, uint32 axis, uint8[3] memory sizes) private pure returns (bytes memory) {
        return
            abi.encodePacked(
                RANK,
                uint16(0),
                start,
                axis,
                uint40(0),
                uint8(3),
                uint32(sizes[0]),
                uint32(sizes[1]),
                uint32(sizes[2])
            );
    }
}

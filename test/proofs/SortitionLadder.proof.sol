// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev The smaller of two numbers as it is defined; OpenZeppelin's is the same number without a jump.
library Math {
    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }
}

library SortitionLadder {
    // LIFTED contracts/libraries/SortitionLadder.sol: uint256 internal constant LAST_STEP = … ;

    // LIFTED contracts/libraries/SortitionLadder.sol: function stepAt
}

/// @notice The steps of the ladder, for all times.
contract SortitionLadderProof {
    function theLadderHasAnEnd(uint64 elapsed, uint32 step) external pure {
        require(step != 0);
        assert(SortitionLadder.stepAt(elapsed, step) <= 64);
    }

    function itBeginsAtTheBottom(uint64 elapsed, uint32 step) external pure {
        require(step != 0 && elapsed < step);
        assert(SortitionLadder.stepAt(elapsed, step) == 0);
    }

    function nobodyStepsDown(uint64 earlier, uint64 later, uint32 step) external pure {
        require(step != 0 && earlier <= later);
        assert(SortitionLadder.stepAt(earlier, step) <= SortitionLadder.stepAt(later, step));
    }
}

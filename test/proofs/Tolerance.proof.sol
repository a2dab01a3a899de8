// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Tolerance} from "../../contracts/libraries/Tolerance.sol";

/// @notice Gaps of whole numbers, for all numbers and all tolerances.
contract ToleranceProof {
    function nothingIsApartFromItself(uint32 bits, uint32 absTol) external pure {
        assert(Tolerance.ofCounts(bits, bits, absTol) == Tolerance.Distance.Within);
    }

    function gapsAreTheSameFromBothSides(uint32 a, uint32 b) external pure {
        assert(Tolerance.integerGap(a, b) == Tolerance.integerGap(b, a));
    }

    function gapsFitInThirtyTwoBits(uint32 a, uint32 b) external pure {
        assert(Tolerance.integerGap(a, b) < 1 << 32);
    }

    function onlyEqualNumbersHaveNoGap(uint32 a, uint32 b) external pure {
        assert((Tolerance.integerGap(a, b) == 0) == (a == b));
    }

    function aWideGapConvicts(uint32 claimed, uint32 canonical, uint32 absTol) external pure {
        bool far = Tolerance.ofCounts(claimed, canonical, absTol) == Tolerance.Distance.FarBeyond;
        assert(far == (Tolerance.integerGap(claimed, canonical) > 16 * uint256(absTol)));
    }

    function noNumberIsBothFiniteAndNaN(uint32 bits) external pure {
        assert(!(Tolerance.isFinite(bits) && Tolerance.isNaN(bits)));
    }
}

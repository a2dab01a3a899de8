// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Tolerance} from "../libraries/Tolerance.sol";

/// @notice `Tolerance` from outside.
contract ToleranceProbe {
    function ofFloats(uint32 a, uint32 c, uint32 absTol, uint32 relTol) external pure returns (Tolerance.Distance) {
        return Tolerance.ofFloats(a, c, absTol, relTol);
    }

    function ofIntegers(uint32 a, uint32 c, uint32 absTol, uint32 relTol) external pure returns (Tolerance.Distance) {
        return Tolerance.ofIntegers(a, c, absTol, relTol);
    }

    function ofCounts(uint32 a, uint32 c, uint32 absTol) external pure returns (Tolerance.Distance) {
        return Tolerance.ofCounts(a, c, absTol);
    }
}

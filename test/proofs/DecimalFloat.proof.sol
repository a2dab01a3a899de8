// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DecimalFloat} from "../../contracts/libraries/DecimalFloat.sol";

contract DecimalFloatProof {
    function zeroIsPlusZero(uint8 decimals) external pure {
        assert(DecimalFloat.toFloat32(0, decimals) == 0);
    }

    function wholeNumbersAreFinite(int64 value) external pure {
        assert(DecimalFloat.toFloat32(value, 0) & 0x7fffffff < 0x7f800000);
    }
}

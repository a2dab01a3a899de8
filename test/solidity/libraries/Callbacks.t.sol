// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJobRegistry} from "../../../contracts/interfaces/IJobRegistry.sol";
import {Callbacks} from "../../../contracts/libraries/Callbacks.sol";
import {Test} from "../support/Test.sol";

/// @notice Asks with as much gas as its caller gives it.
contract CallbacksHarness {
    function requireGas(uint256 callGas) external view {
        Callbacks.requireGas(callGas);
    }
}

/// @notice What has to be left so that a callback gets its gas.
contract CallbacksTest is Test {
    uint256 private constant RESERVE = 20_000;

    CallbacksHarness private _harness;

    function setUp() public {
        _harness = new CallbacksHarness();
    }

    function test_OnePartInSixtyFourStays() public pure {
        assertEq(Callbacks.gasFor(0), RESERVE, "no callback");
        assertEq(Callbacks.gasFor(63), 64 + RESERVE, "63");
        assertEq(Callbacks.gasFor(630_000), 640_000 + RESERVE, "630,000");
    }

    function testFuzz_I23_WhatIsAskedForIsEnough(uint32 callGas) public pure {
        uint256 left = Callbacks.gasFor(callGas) - RESERVE;
        assertGe(left + 1 - left / 64, callGas, "EIP-150");
    }

    function testFuzz_I23_TooLittleIsNamed(uint256 callGas) public view {
        callGas = bound(callGas, 200_000, 5_000_000);
        uint256 needed = Callbacks.gasFor(callGas);
        bytes memory asked = abi.encodeCall(CallbacksHarness.requireGas, (callGas));
        (bool enough, ) = address(_harness).staticcall{gas: needed + 10_000}(asked);
        assertTrue(enough, "enough");
        (bool taken, bytes memory reason) = address(_harness).staticcall{gas: needed / 2}(asked);
        assertFalse(taken, "too little");
        (bytes4 selector, uint256 left, uint256 named) = _decode(reason);
        assertEq(bytes32(selector), bytes32(IJobRegistry.JobRegistryInsufficientGas.selector), "error");
        assertEq(named, needed, "what it takes");
        assertLe(left, needed / 2, "what there was");
        assertGe(left, needed / 4, "what there was");
    }

    function _decode(bytes memory reason) private pure returns (bytes4 selector, uint256 left, uint256 needed) {
        assembly ("memory-safe") {
            selector := mload(add(reason, 0x20))
            left := mload(add(reason, 0x24))
            needed := mload(add(reason, 0x44))
        }
    }
}

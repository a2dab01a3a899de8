// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "./Vm.sol";

/// @notice What every Solidity test starts from: cheatcodes and assertions that show both sides when they fail.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error AssertionFailed(string message);

    function assertTrue(bool condition, string memory message) internal pure {
        if (!condition) revert AssertionFailed(message);
    }

    function assertFalse(bool condition, string memory message) internal pure {
        assertTrue(!condition, message);
    }

    function assertEq(uint256 actual, uint256 expected, string memory message) internal pure {
        if (actual != expected) _fail(message, vm.toString(actual), "==", vm.toString(expected));
    }

    function assertEq(bytes32 actual, bytes32 expected, string memory message) internal pure {
        if (actual != expected) _fail(message, vm.toString(actual), "==", vm.toString(expected));
    }

    function assertEq(address actual, address expected, string memory message) internal pure {
        if (actual != expected) _fail(message, vm.toString(actual), "==", vm.toString(expected));
    }

    function assertEq(bool actual, bool expected, string memory message) internal pure {
        if (actual != expected) _fail(message, actual ? "true" : "false", "==", expected ? "true" : "false");
    }

    function assertEq(bytes memory actual, bytes memory expected, string memory message) internal pure {
        if (keccak256(actual) != keccak256(expected)) {
            _fail(message, vm.toString(actual), "==", vm.toString(expected));
        }
    }

    function assertNotEq(uint256 actual, uint256 other, string memory message) internal pure {
        if (actual == other) _fail(message, vm.toString(actual), "!=", vm.toString(other));
    }

    function assertNotEq(bytes32 actual, bytes32 other, string memory message) internal pure {
        if (actual == other) _fail(message, vm.toString(actual), "!=", vm.toString(other));
    }

    function assertLe(uint256 actual, uint256 limit, string memory message) internal pure {
        if (actual > limit) _fail(message, vm.toString(actual), "<=", vm.toString(limit));
    }

    function assertGe(uint256 actual, uint256 limit, string memory message) internal pure {
        if (actual < limit) _fail(message, vm.toString(actual), ">=", vm.toString(limit));
    }

    /// @notice Maps any value into [low, high], both included; values already inside stay as they are.
    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        assertLe(low, high, "bound: empty range");
        if (value >= low && value <= high) return value;
        uint256 size = high - low + 1;
        return size == 0 ? value : low + (value % size);
    }

    /// @notice For tests of many steps. The runner runs a failed test again to record every step of it, and a campaign's steps take
    /// more memory than there is; it leaves a test alone that has looked at the clock of the machine, and just says why it failed.
    function neverRunAgain() internal view {
        vm.unixTime();
    }

    /// @notice The key and address of a named actor.
    function actor(string memory name) internal returns (address account, uint256 privateKey) {
        privateKey = uint256(keccak256(bytes(name)));
        account = vm.addr(privateKey);
        vm.label(account, name);
    }

    /// @notice A 65-byte signature, as the contracts take it.
    function signatureOf(uint256 privateKey, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, digest);
        return abi.encodePacked(r, s, v);
    }

    function _fail(
        string memory message,
        string memory left,
        string memory relation,
        string memory right
    ) private pure {
        revert AssertionFailed(string.concat(message, ": expected ", left, " ", relation, " ", right));
    }
}

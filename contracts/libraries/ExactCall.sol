// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A call that cannot hurt its caller: no more gas than given, no return data copied, no revert passed on.
library ExactCall {
    function tryCall(address target, uint256 gasLimit, bytes memory data) internal returns (bool success) {
        assembly ("memory-safe") {
            success := call(gasLimit, target, 0, add(data, 0x20), mload(data), 0, 0)
        }
    }
}

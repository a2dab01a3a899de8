// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInferenceCallback} from "../interfaces/IInferenceCallback.sol";
import {IJobRegistry} from "../interfaces/IJobRegistry.sol";
import {CallbackPhase, JobId, Terms} from "../types/Job.sol";

/// @notice Calling a requester's contract so that it gets exactly the gas it asked for and can hurt nobody.
library Callbacks {
    /// @dev Gas kept back for what comes around an outside call.
    uint256 private constant CALL_RESERVE = 20_000;

    /// @notice Calls back with an output: no more gas than the terms give, no return data copied, no revert passed on.
    function tryCall(
        JobId jobId,
        Terms calldata terms,
        bytes32 root,
        bytes32 content,
        bytes calldata vector
    ) internal returns (bool success) {
        bytes4 selector =
            terms.options.callbackPhase() == CallbackPhase.OnAttested
                ? IInferenceCallback.onAttested.selector
                : IInferenceCallback.onFinal.selector;
        bytes memory data = abi.encodeWithSelector(selector, jobId, root, content, vector);
        address target = terms.callbackTarget == address(0) ? terms.requester : terms.callbackTarget;
        uint256 callGas = terms.options.callbackGas();
        assembly ("memory-safe") {
            success := call(callGas, target, 0, add(data, 0x20), mload(data), 0, 0)
        }
    }

    /// @notice What must be left so that a call really gets its gas: EIP-150 keeps back one part in 64.
    function gasFor(uint256 callGas) internal pure returns (uint256) {
        return (callGas * 64) / 63 + CALL_RESERVE;
    }

    function requireGas(uint256 callGas) internal view {
        uint256 needed = gasFor(callGas);
        if (gasleft() < needed) revert IJobRegistry.JobRegistryInsufficientGas(gasleft(), needed);
    }
}

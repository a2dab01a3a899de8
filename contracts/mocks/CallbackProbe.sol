// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInferenceCallback} from "../interfaces/IInferenceCallback.sol";
import {JobId} from "../types/Job.sol";

/// @notice A requester and callback target that remembers how it was called, or does the worst it can. For tests.
contract CallbackProbe is IInferenceCallback {
    enum Behaviour {
        Record,
        Revert,
        BurnGas,
        ReturnBomb, // succeeds
        RevertBomb,
        Reenter
    }

    struct Call {
        bytes4 selector;
        JobId jobId;
        bytes32 outputRoot;
        bytes32 outputContent;
        bytes32 outputHash;
        /// gas on entry, a little less than was given
        uint256 gasOnEntry;
    }

    /// @dev Costs most of 500,000 gas to build; copied, it would cost as much again.
    uint256 private constant BOMB_BYTES = 400_000;

    Behaviour public behaviour;
    address public reentryTarget;
    bytes public reentryData;
    Call[] private _calls;

    /// @notice What became of the call that this contract made from within its callback.
    event Reentered(bool success, bytes returned);

    error CallbackProbeReverts();

    function setBehaviour(Behaviour newBehaviour) external {
        behaviour = newBehaviour;
    }

    /// @notice From now on, the callback calls `target` with `data`.
    function reenter(address target, bytes calldata data) external {
        behaviour = Behaviour.Reenter;
        reentryTarget = target;
        reentryData = data;
    }

    /// @notice Calls `target` as this contract.
    function forward(address target, bytes calldata data) external {
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory returned) = target.call(data);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(returned, 0x20), mload(returned))
        }
    }

    function calls() external view returns (Call[] memory) {
        return _calls;
    }

    function onAttested(JobId jobId, bytes32 root, bytes32 content, bytes calldata output) external {
        _onCall(jobId, root, content, output);
    }

    function onFinal(JobId jobId, bytes32 root, bytes32 content, bytes calldata output) external {
        _onCall(jobId, root, content, output);
    }

    function _onCall(JobId jobId, bytes32 root, bytes32 content, bytes calldata output) private {
        uint256 gasOnEntry = gasleft();
        Behaviour what = behaviour;
        if (what == Behaviour.Record) {
            _calls.push(Call(msg.sig, jobId, root, content, keccak256(output), gasOnEntry));
        } else if (what == Behaviour.Revert) {
            revert CallbackProbeReverts();
        } else if (what == Behaviour.BurnGas) {
            // An invalid instruction takes all gas there is.
            assembly ("memory-safe") {
                invalid()
            }
        } else if (what == Behaviour.ReturnBomb) {
            assembly ("memory-safe") {
                return(0, BOMB_BYTES)
            }
        } else if (what == Behaviour.RevertBomb) {
            assembly ("memory-safe") {
                revert(0, BOMB_BYTES)
            }
        } else {
            // solhint-disable-next-line avoid-low-level-calls
            (bool success, bytes memory returned) = reentryTarget.call(reentryData);
            emit Reentered(success, returned);
        }
    }
}

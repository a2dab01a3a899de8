// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInferenceCallback} from "../../../contracts/interfaces/IInferenceCallback.sol";
import {JobId} from "../../../contracts/types/Job.sol";

/// @notice A callback target that does whatever it is told, the worst included.
contract Nuisance is IInferenceCallback {
    enum Mode {
        Accept,
        Revert,
        BurnGas,
        ReturnBomb,
        Reenter
    }

    Mode public mode;
    uint256 public calls;
    /// @notice Calls from inside a callback that got through.
    uint256 public reentered;
    address private _target;
    bytes[] private _payloads;

    function set(Mode mode_, address target, bytes[] calldata payloads) external {
        mode = mode_;
        _target = target;
        delete _payloads;
        for (uint256 i = 0; i < payloads.length; ++i) _payloads.push(payloads[i]);
    }

    /// @notice Whether a callback succeeds now.
    function accepts() external view returns (bool) {
        return mode != Mode.Revert && mode != Mode.BurnGas;
    }

    function onAttested(JobId, bytes32, bytes32, bytes calldata) external {
        _misbehave();
    }

    function onFinal(JobId, bytes32, bytes32, bytes calldata) external {
        _misbehave();
    }

    function _misbehave() private {
        if (mode == Mode.Revert) revert("no");
        if (mode == Mode.BurnGas) {
            while (true) {}
        }
        if (mode == Mode.Reenter) {
            for (uint256 i = 0; i < _payloads.length; ++i) {
                (bool success, ) = _target.call{gas: 20_000}(_payloads[i]);
                if (success) ++reentered;
            }
        }
        ++calls;
        if (mode == Mode.ReturnBomb) {
            assembly ("memory-safe") {
                return(0, 50000)
            }
        }
    }
}

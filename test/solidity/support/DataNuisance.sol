// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataCallback} from "../../../contracts/interfaces/IDataCallback.sol";
import {DataRequestId} from "../../../contracts/types/Feed.sol";

/// @notice A target of data callbacks that does what it is told, the worst included.
contract DataNuisance is IDataCallback {
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

    function set(Mode mode_) external {
        mode = mode_;
    }

    /// @notice What it calls, with gas enough for each, when told to re-enter.
    function aim(address target, bytes[] calldata payloads) external {
        _target = target;
        delete _payloads;
        for (uint256 i = 0; i < payloads.length; ++i) _payloads.push(payloads[i]);
    }

    /// @notice Whether a callback succeeds now.
    function accepts() external view returns (bool) {
        return mode != Mode.Revert && mode != Mode.BurnGas;
    }

    function onData(DataRequestId, int128) external {
        if (mode == Mode.Revert) revert("no");
        if (mode == Mode.BurnGas) {
            while (true) {}
        }
        if (mode == Mode.Reenter) {
            for (uint256 i = 0; i < _payloads.length; ++i) {
                (bool success, ) = _target.call{gas: 80_000}(_payloads[i]);
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

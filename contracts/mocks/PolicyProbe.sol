// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAttestationPolicy} from "../interfaces/IAttestationPolicy.sol";
import {Attestation} from "../types/Attestation.sol";

/// @notice A policy that remembers how it was asked, or does the worst it can. For tests.
contract PolicyProbe is IAttestationPolicy {
    enum Behaviour {
        Accept,
        Refuse,
        Revert,
        BurnGas,
        ReturnNothing,
        Reenter
    }

    struct Question {
        Attestation attestation;
        bytes evidence;
        address sender;
        uint256 gasOnEntry;
    }

    Behaviour public behaviour;
    uint32 public challengeWindow;
    address public reentryTarget;
    bytes public reentryData;
    Question[] private _questions;

    /// @notice What became of the call that this policy made when it was asked.
    event Reentered(bool success, bytes returned);

    error PolicyProbeReverts();

    function setBehaviour(Behaviour newBehaviour, uint32 newChallengeWindow) external {
        behaviour = newBehaviour;
        challengeWindow = newChallengeWindow;
    }

    function reenter(address target, bytes calldata data) external {
        behaviour = Behaviour.Reenter;
        reentryTarget = target;
        reentryData = data;
    }

    function questions() external view returns (Question[] memory) {
        return _questions;
    }

    function onAttest(
        Attestation calldata attestation,
        bytes calldata evidence
    ) external returns (bool accepted, uint32 window) {
        uint256 gasOnEntry = gasleft();
        Behaviour what = behaviour;
        if (what == Behaviour.Revert) revert PolicyProbeReverts();
        if (what == Behaviour.BurnGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (what == Behaviour.ReturnNothing) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        if (what == Behaviour.Reenter) {
            // solhint-disable-next-line avoid-low-level-calls
            (bool success, bytes memory returned) = reentryTarget.call(reentryData);
            emit Reentered(success, returned);
            return (true, 0);
        }
        _questions.push(Question(attestation, evidence, msg.sender, gasOnEntry));
        return (what == Behaviour.Accept, challengeWindow);
    }
}

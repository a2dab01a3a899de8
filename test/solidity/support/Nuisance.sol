// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IInferenceCallback} from "../../../contracts/interfaces/IInferenceCallback.sol";
import {AttestationRecord, JobId, JobStatus, Terms} from "../../../contracts/types/Job.sol";
import {ITransferHook} from "./CallbackToken.sol";
import {IOperatorStaking} from "../../../contracts/interfaces/IOperatorStaking.sol";
import {Doors} from "./Doors.sol";
import {System} from "./SystemTest.sol";

/// @notice A callback target, a token's hook and an operator in one: it does whatever it is told, the worst included. When it
/// re-enters, it goes from door to door through all external functions of the protocol, one after the other over a campaign, and
/// looks at the views on the way. What it tries is undone again: only whether it got through counts.
contract Nuisance is IInferenceCallback, ITransferHook {
    enum Mode {
        Accept,
        Revert,
        BurnGas,
        ReturnBomb,
        Reenter
    }

    /// @dev Doors tried at one point, and the gas for each: a job's callback has 400,000 for all of it.
    uint256 private constant DOORS_IN_CALLBACK = 2;
    uint256 private constant GAS_IN_CALLBACK = 75_000;
    uint256 private constant DOORS_IN_TRANSFER = 3;
    uint256 private constant GAS_IN_TRANSFER = 400_000;
    bytes4 private constant SHUT = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;

    Mode public mode;
    uint256 public calls;
    /// @notice Doors that were tried from the inside, and those that opened because they may.
    uint256 public tried;
    uint256 public opened;
    /// @notice What should not have been possible, or seen; empty when nothing was.
    string public broken;
    Doors private immutable _DOORS;
    System private _system;
    address[] private _accounts;
    address[] private _operators;

    constructor(System memory system_) {
        _system = system_;
        _DOORS = new Doors(system_);
    }

    function know(address[] calldata accounts, address[] calldata operators) external {
        (_accounts, _operators) = (accounts, operators);
    }

    function doors() external view returns (uint256) {
        return _DOORS.COUNT();
    }

    function set(Mode mode_) external {
        mode = mode_;
    }

    /// @notice The job whose functions are tried.
    function aim(Terms calldata terms, AttestationRecord calldata record, bytes calldata output) external {
        _DOORS.aim(terms, record, output);
    }

    /// @notice Whether a callback succeeds now.
    function accepts() external view returns (bool) {
        return mode != Mode.Revert && mode != Mode.BurnGas;
    }

    function onAttested(JobId jobId, bytes32, bytes32, bytes calldata) external {
        JobStatus status = _system.jobs.stateOf(jobId).status;
        // Delivered late, it may have been settled since.
        if (status != JobStatus.Attested && status != JobStatus.Settled) broken = "I24: the job is not attested yet";
        _misbehave();
    }

    function onFinal(JobId jobId, bytes32, bytes32, bytes calldata) external {
        if (_system.jobs.stateOf(jobId).status != JobStatus.Settled) broken = "I24: the job is not settled yet";
        _misbehave();
    }

    function onTransfer(address movedBy) external {
        _intrude(movedBy, DOORS_IN_TRANSFER, GAS_IN_TRANSFER);
    }

    /// @notice Calls, looks, and reverts with what it saw: whether the call got through, whether all was sound then, and why not.
    function attempt(address target, bytes calldata data) external {
        (bool success, bytes memory answer) = target.call(data);
        bool sound = !success || _isSound();
        bytes4 reason = success ? bytes4(0) : bytes4(answer);
        bytes memory seen = abi.encode(success, sound, reason);
        assembly ("memory-safe") {
            revert(add(seen, 0x20), mload(seen))
        }
    }

    function _misbehave() private {
        if (mode == Mode.Revert) revert("no");
        if (mode == Mode.BurnGas) {
            while (true) {}
        }
        if (mode == Mode.Reenter) _intrude(msg.sender, DOORS_IN_CALLBACK, GAS_IN_CALLBACK);
        ++calls;
        if (mode == Mode.ReturnBomb) {
            assembly ("memory-safe") {
                return(0, 50000)
            }
        }
    }

    /// @dev INVARIANT(I24): at every point at which somebody else has the word.
    function _intrude(address inside, uint256 count, uint256 gasEach) private {
        if (!_isSound()) broken = "I24: the books do not add up at a callback";
        for (uint256 i = 0; i < count; ++i) {
            (string memory name, address target, bytes memory data, bool guarded, bool theirs) = _DOORS.at(tried++);
            try this.attempt{gas: gasEach}(target, data) {} catch (bytes memory answer) {
                // Out of gas says nothing.
                if (answer.length != 96) continue;
                (bool success, bool sound, bytes4 reason) = abi.decode(answer, (bool, bool, bytes4));
                if (success) ++opened;
                bool shut = guarded && target == inside;
                if (shut && reason != SHUT) broken = string.concat("I24: entered again: ", name);
                if (theirs && success) broken = string.concat("I21: not the caller's: ", name);
                if (!sound) broken = string.concat("I24: the books do not add up after: ", name);
            }
        }
    }

    /// @dev No view tells of more than there is: what is owed is here, whoever has the word.
    function _isSound() private view returns (bool) {
        uint256 held = _system.settlement.totalHeld();
        if (_system.token.balanceOf(address(_system.settlement)) < held) return false;
        uint256 sum = 0;
        for (uint256 i = 0; i < _accounts.length; ++i) sum += _system.settlement.balanceOf(_accounts[i]);
        if (sum > held) return false;
        sum = 0;
        for (uint256 i = 0; i < _operators.length; ++i) {
            IOperatorStaking.Stake memory stake = _system.staking.stakeOf(_operators[i]);
            sum += uint256(stake.free) + stake.locked + _system.staking.unbondingOf(_operators[i]).amount;
        }
        return sum <= _system.token.balanceOf(address(_system.staking));
    }
}

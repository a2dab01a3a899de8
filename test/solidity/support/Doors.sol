// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJobRegistry} from "../../../contracts/interfaces/IJobRegistry.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IOperatorStaking} from "../../../contracts/interfaces/IOperatorStaking.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ISlasher} from "../../../contracts/interfaces/ISlasher.sol";
import {AttestationRecord, JobId, Terms} from "../../../contracts/types/Job.sol";
import {ModelId} from "../../../contracts/types/Model.sol";
import {System} from "./SystemTest.sol";

/// @notice Every state-changing function of the contracts that hold money, stake and jobs, as a call that somebody on the inside
/// could make.
contract Doors {
    uint256 public constant COUNT = 36;

    /// @dev Whose door it is.
    enum Kind {
        Anybodys, //  may open, and then everything has to add up
        Guarded, //   is shut while its own contract has not finished
        Theirs //     is another contract's or an administrator's, always
    }

    System private _system;
    Terms private _terms;
    AttestationRecord private _record;
    bytes private _output;

    constructor(System memory system_) {
        _system = system_;
    }

    function aim(Terms calldata terms, AttestationRecord calldata record, bytes calldata output) external {
        (_terms, _record, _output) = (terms, record, output);
    }

    /// @param number any number: the doors come round again
    function at(
        uint256 number
    ) external view returns (string memory name, address target, bytes memory data, bool guarded, bool theirs) {
        number %= COUNT;
        Kind kind;
        if (number < 11) (name, data, kind) = _settlement(number);
        else if (number < 23) (name, data, kind) = _staking(number - 11);
        else if (number < 33) (name, data, kind) = _jobs(number - 23);
        else return _others(number - 33);
        target =
            number < 11
                ? address(_system.settlement)
                : number < 23
                    ? address(_system.staking)
                    : address(_system.jobs);
        return (name, target, data, kind == Kind.Guarded, kind == Kind.Theirs);
    }

    function _settlement(uint256 n) private view returns (string memory, bytes memory, Kind) {
        address me = msg.sender;
        if (n == 0) return ("deposit", abi.encodeCall(ISettlement.deposit, (me, 1)), Kind.Guarded);
        if (n == 1) {
            bytes memory data = abi.encodeCall(ISettlement.depositWithPermit, (me, 1, 0, 0, 0, 0));
            return ("deposit with permit", data, Kind.Guarded);
        }
        if (n == 2) return ("withdraw", abi.encodeCall(ISettlement.withdraw, (me, 0)), Kind.Guarded);
        if (n == 3) return ("sweep", abi.encodeCall(ISettlement.sweepBurned, ()), Kind.Guarded);
        if (n == 4) return ("escrow", abi.encodeCall(ISettlement.escrow, (me, 0)), Kind.Theirs);
        if (n == 5) return ("refund", abi.encodeCall(ISettlement.refund, (me, 1)), Kind.Theirs);
        if (n == 6) return ("pay", abi.encodeCall(ISettlement.pay, (me, 1, me, 1, me, 1)), Kind.Theirs);
        if (n == 7) return ("bond", abi.encodeCall(ISettlement.bond, (bytes32(0), me, 0)), Kind.Theirs);
        if (n == 8) return ("release bond", abi.encodeCall(ISettlement.releaseBond, (bytes32(0), me, 0)), Kind.Theirs);
        if (n == 9) {
            bytes memory data = abi.encodeCall(ISettlement.creditSlash, (new address[](0), new uint256[](0), 0));
            return ("credit slash", data, Kind.Theirs);
        }
        return (
            "withdraw all",
            abi.encodeCall(ISettlement.withdraw, (me, _system.settlement.balanceOf(me))),
            Kind.Guarded
        );
    }

    function _staking(uint256 n) private view returns (string memory, bytes memory, Kind) {
        address me = msg.sender;
        if (n == 0) return ("stake", abi.encodeCall(IOperatorStaking.deposit, (1)), Kind.Guarded);
        if (n == 1) {
            bytes memory data = abi.encodeCall(IOperatorStaking.depositWithPermit, (1, 0, 0, 0, 0));
            return ("stake with permit", data, Kind.Guarded);
        }
        if (n == 2) return ("withdraw stake", abi.encodeCall(IOperatorStaking.withdraw, (me)), Kind.Guarded);
        if (n == 3) return ("unbond", abi.encodeCall(IOperatorStaking.unbond, (1)), Kind.Anybodys);
        if (n == 4) {
            uint256 free = _system.staking.stakeOf(me).free;
            return ("unbond all", abi.encodeCall(IOperatorStaking.unbond, (free)), Kind.Anybodys);
        }
        if (n == 5) return ("appoint", abi.encodeCall(IOperatorStaking.appointAttester, (me, "")), Kind.Anybodys);
        if (n == 6) return ("revoke", abi.encodeCall(IOperatorStaking.revokeAttester, (me)), Kind.Anybodys);
        if (n == 7) return ("lock by key", abi.encodeCall(IOperatorStaking.lockByKey, (me, 0, 0)), Kind.Theirs);
        if (n == 8) return ("unlock", abi.encodeCall(IOperatorStaking.unlock, (me, 0)), Kind.Theirs);
        if (n == 9) return ("lock bond", abi.encodeCall(IOperatorStaking.lockBond, (me, 0)), Kind.Theirs);
        if (n == 10) return ("unlock bond", abi.encodeCall(IOperatorStaking.unlockBond, (me, 0)), Kind.Theirs);
        return ("slash", abi.encodeCall(IOperatorStaking.slash, (me, 0, 0)), Kind.Guarded);
    }

    function _jobs(uint256 n) private view returns (string memory, bytes memory, Kind) {
        if (n == 0) return ("settle", abi.encodeCall(IJobRegistry.settle, (_terms, _record, _output)), Kind.Guarded);
        if (n == 1) {
            bytes memory data = abi.encodeCall(
                IJobRegistry.settleMany,
                (new IJobRegistry.SettleCall[](0), new bytes[](0))
            );
            return ("settle many", data, Kind.Guarded);
        }
        if (n == 2) return ("expire", abi.encodeCall(IJobRegistry.expire, (_terms)), Kind.Guarded);
        if (n == 3) {
            bytes memory data = abi.encodeCall(IJobRegistry.retryCallback, (_terms, _record, _output));
            return ("retry callback", data, Kind.Guarded);
        }
        IJobRegistry.Output memory output = IJobRegistry.Output(_record.outputRoot, 0, _output);
        if (n == 4) return ("attest", abi.encodeCall(IJobRegistry.attest, (_terms, output, "")), Kind.Guarded);
        if (n == 5) {
            bytes memory data = abi.encodeCall(
                IJobRegistry.attestWithSignature,
                (_terms, msg.sender, output, "", new bytes(65))
            );
            return ("attest with signature", data, Kind.Guarded);
        }
        if (n == 6) return ("request", abi.encodeCall(IJobRegistry.request, (_terms, "")), Kind.Anybodys);
        if (n == 7) return ("open trial", abi.encodeCall(IJobRegistry.openTrial, (_terms, _record)), Kind.Guarded);
        if (n == 8) {
            ISlasher.Award memory nobody;
            bytes memory data = abi.encodeCall(
                IJobRegistry.resolveTrial,
                (_terms, _record, IJobRegistry.TrialOutcome.Void, nobody)
            );
            return ("resolve trial", data, Kind.Guarded);
        }
        bytes memory conviction = abi.encodeCall(
            IJobRegistry.convictEquivocation,
            (_terms, _record, msg.sender, msg.sender, false)
        );
        return ("convict", conviction, Kind.Guarded);
    }

    function _others(uint256 n) private view returns (string memory, address, bytes memory, bool guarded, bool theirs) {
        if (n == 0) {
            bytes memory data = abi.encodeCall(ISlasher.slashMissedOffer, (JobId.wrap(0), msg.sender, msg.sender, 0));
            return ("slash missed offer", address(_system.slasher), data, false, true);
        }
        if (n == 1) {
            bytes memory data = abi.encodeCall(IJobRegistry.requestFromFeed, (msg.sender, _terms, ""));
            return ("request from feed", address(_system.jobs), data, false, true);
        }
        bytes memory condemn = abi.encodeCall(IModelRegistry.condemn, (ModelId.wrap(0)));
        return ("condemn", address(_system.models), condemn, false, true);
    }
}

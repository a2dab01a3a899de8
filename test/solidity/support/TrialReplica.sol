// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJobRegistry} from "../../../contracts/interfaces/IJobRegistry.sol";
import {ITrialCourt} from "../../../contracts/interfaces/ITrialCourt.sol";
import {AttestationRecord, JobId} from "../../../contracts/types/Job.sol";
import {Demand, Docket, Exhibits, Ground, Space, TrialState, TrialStatus} from "../../../contracts/types/Trial.sol";
import {Test} from "./Test.sol";
import {Vm} from "./Vm.sol";

/// @notice Every trial of a court, its demands and its credits, built from nothing but logs and the time of their block: what a
/// node has that lost everything. Where it differs from the chain, an event is missing (I33).
contract TrialReplica is Test {
    struct Trial {
        AttestationRecord record;
        Docket docket;
        TrialState state;
    }

    ITrialCourt private immutable _COURT;
    uint256 private immutable _REVEAL_GAS;
    mapping(bytes32 jobId => Trial) private _trials;
    mapping(bytes32 demandId => Demand) private _demands;
    mapping(bytes32 jobId => mapping(address demander => bytes32)) private _demandOf;
    mapping(address account => uint256) private _credits;
    mapping(bytes32 commitment => uint256) private _committedAt;
    bytes32[] private _jobIds;
    bytes32[] private _demandIds;
    bytes32[] private _commitments;
    address[] private _accounts;
    mapping(address account => bool) private _known;
    /// @notice How many logs counted.
    uint256 public folded;

    constructor(ITrialCourt court) {
        _COURT = court;
        _REVEAL_GAS = court.REVEAL_GAS();
    }

    /// @notice Logs of one block.
    function fold(Vm.Log[] calldata logs) external {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == IJobRegistry.JobAttested.selector) _attested(logs[i]);
            if (logs[i].emitter != address(_COURT)) continue;
            ++folded;
            _course(logs[i]);
            _hearing(logs[i]);
            _money(logs[i]);
        }
    }

    /// @notice Everything that was told, next to what the chain says.
    function check() external view {
        for (uint256 i = 0; i < _jobIds.length; ++i) {
            bytes32 jobId = _jobIds[i];
            TrialState memory real = _COURT.trialOf(JobId.wrap(jobId));
            TrialState storage told = _trials[jobId].state;
            assertEq(uint8(real.status), uint8(told.status), "I33: status");
            assertEq(uint8(real.mark), uint8(told.mark), "I33: mark");
            assertEq(real.openDemands, told.openDemands, "I33: open demands");
            assertEq(real.hearingEnd, told.hearingEnd, "I33: hearing end");
            assertEq(real.commitment, told.commitment, "I33: case file");
            for (uint256 j = 0; j < _accounts.length; ++j) {
                bytes32 last = _COURT.demandOfDemander(JobId.wrap(jobId), _accounts[j]);
                assertEq(last, _demandOf[jobId][_accounts[j]], "I33: the last demand");
            }
        }
        for (uint256 i = 0; i < _demandIds.length; ++i) {
            bytes32 real = keccak256(abi.encode(_COURT.demandOf(_demandIds[i])));
            assertEq(real, keccak256(abi.encode(_demands[_demandIds[i]])), "I33: a demand");
        }
        for (uint256 i = 0; i < _accounts.length; ++i) {
            assertEq(_COURT.creditOf(_accounts[i]), _credits[_accounts[i]], "I33: a credit");
        }
        for (uint256 i = 0; i < _commitments.length; ++i) {
            assertEq(_COURT.committedAt(_commitments[i]), _committedAt[_commitments[i]], "I33: a commitment");
        }
    }

    function _attested(Vm.Log calldata log) private {
        (bytes32 root, bytes32 content, uint64 challengeEnd) = abi.decode(log.data, (bytes32, bytes32, uint64));
        _trials[log.topics[1]].record = AttestationRecord(root, content, _addressOf(log.topics[2]), challengeEnd);
    }

    /// @dev From the opening to the end.
    function _course(Vm.Log calldata log) private {
        bytes32 what = log.topics[0];
        if (log.topics.length < 2) return;
        bytes32 jobId = log.topics[1];
        Trial storage trial = _trials[jobId];
        if (what == ITrialCourt.TrialOpened.selector) {
            trial.docket = abi.decode(log.data, (Docket));
            trial.state.status = TrialStatus.Opened;
            Exhibits memory nothing;
            trial.state.commitment = _commitmentTo(jobId, nothing);
            _jobIds.push(jobId);
            _know(_addressOf(log.topics[2]));
        } else if (what == ITrialCourt.TracePosted.selector) {
            trial.state.status = TrialStatus.Hearing;
            trial.state.commitment = _commitmentTo(jobId, abi.decode(log.data, (Exhibits)));
        } else if (what == ITrialCourt.TrialMarked.selector) {
            (trial.state.mark, , , ) = abi.decode(log.data, (Ground, uint256, uint32, uint32));
        } else if (what == ITrialCourt.TrialConvicted.selector) {
            trial.state.status = TrialStatus.Convicted;
        } else if (what == ITrialCourt.TrialVoided.selector) {
            trial.state.status = TrialStatus.Void;
        } else if (what == ITrialCourt.TrialAcquitted.selector) {
            trial.state.status = TrialStatus.Acquitted;
        } else if (what == ITrialCourt.ProofCommitted.selector) {
            _committedAt[log.topics[1]] = block.number;
            _commitments.push(log.topics[1]);
        }
    }

    /// @dev Demands, and what becomes of them.
    function _hearing(Vm.Log calldata log) private {
        bytes32 what = log.topics[0];
        if (log.topics.length < 3) return;
        (bytes32 jobId, bytes32 demandId) = (log.topics[1], log.topics[2]);
        TrialState storage state = _trials[jobId].state;
        Demand storage told = _demands[demandId];
        if (what == ITrialCourt.Demanded.selector) {
            (, , , , uint40 due, uint56 feeCap, bool bonded) = abi.decode(
                log.data,
                (Space, uint256, uint256, bytes32, uint40, uint56, bool)
            );
            address demander = _addressOf(log.topics[3]);
            assertEq(bonded, _demandOf[jobId][demander] == 0, "I33: a bond");
            if (told.demander == address(0)) {
                _demandIds.push(demandId);
                ++state.openDemands;
                if (state.hearingEnd == 0) state.hearingEnd = _trials[jobId].docket.hearingEnd;
            } else {
                // Whoever is outbid gets back what it had prepaid.
                _credits[told.demander] += _REVEAL_GAS * told.feeCap;
            }
            (told.demander, told.time, told.feeCap) = (demander, due, feeCap);
            _demandOf[jobId][demander] = demandId;
            _know(demander);
        } else if (what == ITrialCourt.Revealed.selector) {
            (, uint256 paid, uint256 returned, uint64 hearingEnd) = abi.decode(
                log.data,
                (bytes, uint256, uint256, uint64)
            );
            _credits[told.demander] += returned;
            _credits[_addressOf(log.topics[3])] += paid;
            _know(_addressOf(log.topics[3]));
            (told.time, told.feeCap) = (uint40(block.timestamp), 0);
            (state.openDemands, state.hearingEnd) = (state.openDemands - 1, hearingEnd);
        } else if (what == ITrialCourt.DemandPostponed.selector) {
            told.time = abi.decode(log.data, (uint40));
        }
    }

    function _money(Vm.Log calldata log) private {
        bytes32 what = log.topics[0];
        if (what == ITrialCourt.DemanderReleased.selector) {
            address demander = _addressOf(log.topics[2]);
            (, uint256 returned) = abi.decode(log.data, (uint256, uint256));
            if (returned != 0) delete _demands[_demandOf[log.topics[1]][demander]];
            _credits[demander] += returned;
            _demandOf[log.topics[1]][demander] = 0;
        } else if (what == ITrialCourt.CreditWithdrawn.selector) {
            _credits[_addressOf(log.topics[1])] -= abi.decode(log.data, (uint256));
        }
    }

    /// @dev As in the manual: the first 240 bits of the hash of the case file.
    function _commitmentTo(bytes32 jobId, Exhibits memory exhibits) private view returns (bytes32) {
        Trial storage trial = _trials[jobId];
        bytes32 record = keccak256(abi.encode(trial.record));
        bytes32 docket = keccak256(abi.encode(trial.docket));
        bytes32 hash = keccak256(abi.encode(jobId, record, docket, keccak256(abi.encode(exhibits))));
        return bytes32((uint256(hash) >> 16) << 16);
    }

    function _know(address account) private {
        if (_known[account]) return;
        _known[account] = true;
        _accounts.push(account);
    }

    function _addressOf(bytes32 topic) private pure returns (address) {
        return address(uint160(uint256(topic)));
    }
}

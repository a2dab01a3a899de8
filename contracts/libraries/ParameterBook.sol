// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJobRegistry} from "../interfaces/IJobRegistry.sol";
import {CallbackPhase, Terms} from "../types/Job.sol";
import {JobOptions} from "../types/JobOptions.sol";
import {Parameters} from "../types/Parameters.sol";

/// @notice The bounded parameters, their history, and the check of new terms against them.
/// @dev A job refers to the version it was requested under, so no later setting reaches it (I21).
library ParameterBook {
    uint256 internal constant PROTOCOL_FEE_BPS_MAX = 1_000;
    uint256 internal constant CALLBACK_GAS_LIMIT = 5_000_000;

    /// @dev What every request reads: one slot.
    struct Limits {
        uint32 version;
        bool requestsPaused;
        uint32 attestTimeMax;
        uint32 challengeWindowMin;
        uint32 challengeWindowMax;
        uint32 callbackGasMax;
        uint88 stakeAtRiskMin;
    }

    /// @dev One version as it is stored.
    struct Entry {
        Limits limits;
        // ---- next slot
        address treasury;
        uint16 protocolFeeBps;
        uint32 ladderStep;
        uint16 ladderWidth;
        // ---- next slot
        uint24 traceTime;
        uint24 revealTime;
        uint24 hearingTime;
        uint24 trialTimeMax;
    }

    struct Book {
        Entry current;
        mapping(uint32 version => Entry) past;
        uint32 challengeWindowFloor;
        uint32 liabilityMax;
    }

    /// @param challengeWindowFloor no parameters may allow a shorter challenge window, seconds
    /// @param liabilityMax the unbonding delay: no job may live longer, seconds
    function open(
        Book storage self,
        uint32 challengeWindowFloor,
        uint32 liabilityMax,
        Parameters memory parameters
    ) internal {
        self.challengeWindowFloor = challengeWindowFloor;
        self.liabilityMax = liabilityMax;
        _set(self, 1, parameters);
    }

    function set(Book storage self, Parameters memory parameters) internal returns (uint32 version) {
        version = self.current.limits.version;
        self.past[version] = self.current;
        _set(self, ++version, parameters);
    }

    function get(Book storage self, uint32 version) internal view returns (Parameters memory) {
        Entry storage e = _entry(self, version);
        return
            Parameters({
                attestTimeMax: e.limits.attestTimeMax,
                challengeWindowMin: e.limits.challengeWindowMin,
                challengeWindowMax: e.limits.challengeWindowMax,
                callbackGasMax: e.limits.callbackGasMax,
                ladderStep: e.ladderStep,
                ladderWidth: e.ladderWidth,
                protocolFeeBps: e.protocolFeeBps,
                stakeAtRiskMin: e.limits.stakeAtRiskMin,
                treasury: e.treasury,
                traceTime: e.traceTime,
                revealTime: e.revealTime,
                hearingTime: e.hearingTime,
                trialTimeMax: e.trialTimeMax
            });
    }

    function ladderOf(Book storage self, uint32 version) internal view returns (uint256 step, uint256 width) {
        Entry storage e = _entry(self, version);
        return (e.ladderStep, e.ladderWidth);
    }

    function feeOf(Book storage self, uint32 version) internal view returns (uint256 feeBps, address treasury) {
        Entry storage e = _entry(self, version);
        return (e.protocolFeeBps, e.treasury);
    }

    function checkWindow(Book storage self, uint32 version, uint256 window) internal view {
        Entry storage e = _entry(self, version);
        _checkWindow(window, e.limits.challengeWindowMin, e.limits.challengeWindowMax);
    }

    /// @notice Refuses terms that the current parameters do not allow; returns their version. The requester must be filled in.
    function check(Book storage self, Terms memory terms) internal view returns (uint256) {
        // One read: the fields of a storage struct are read one by one.
        Limits memory limits = self.current.limits;
        if (limits.requestsPaused) revert IJobRegistry.JobRegistryRequestsPaused();
        JobOptions options = terms.options;
        uint256 deadline = options.attestDeadline();
        uint256 latest = block.timestamp + limits.attestTimeMax;
        if (deadline <= block.timestamp || deadline > latest) {
            revert IJobRegistry.JobRegistryInvalidDeadline(deadline, block.timestamp + 1, latest);
        }
        _checkWindow(options.challengeWindow(), limits.challengeWindowMin, limits.challengeWindowMax);
        _checkCallback(terms, options, limits.callbackGasMax);
        // INVARIANT(I27): no job without a fee, and none that nobody stands behind.
        if (terms.fee == 0) revert IJobRegistry.JobRegistryNoFee();
        if (terms.stakeAtRisk < limits.stakeAtRiskMin) {
            revert IJobRegistry.JobRegistryStakeTooLow(terms.stakeAtRisk, limits.stakeAtRiskMin);
        }
        return limits.version;
    }

    function _checkCallback(Terms memory terms, JobOptions options, uint256 gasMax) private view {
        address target = terms.callbackTarget;
        uint256 callbackGas = options.callbackGas();
        bool valid =
            options.callbackPhase() == CallbackPhase.None
                ? target == address(0) && callbackGas == 0
                : (target == address(0) ? terms.requester : target).code.length != 0 && callbackGas <= gasMax;
        if (!valid) revert IJobRegistry.JobRegistryInvalidCallback(target, callbackGas, gasMax);
    }

    function _set(Book storage self, uint32 version, Parameters memory p) private {
        uint256 liability = uint256(p.attestTimeMax) + p.challengeWindowMax + p.trialTimeMax;
        // INVARIANT(I6): nobody can leave before the longest liability that these parameters allow has ended.
        _require(liability <= self.liabilityMax, "unbondingDelay");
        _require(p.attestTimeMax != 0, "attestTimeMax");
        _require(p.challengeWindowMin >= self.challengeWindowFloor, "challengeWindowMin");
        _require(p.challengeWindowMax >= p.challengeWindowMin, "challengeWindowMax");
        _require(p.callbackGasMax <= CALLBACK_GAS_LIMIT, "callbackGasMax");
        _require(p.ladderStep != 0, "ladderStep");
        _require(p.ladderWidth != 0, "ladderWidth");
        _require(p.protocolFeeBps <= PROTOCOL_FEE_BPS_MAX, "protocolFeeBps");
        _require(p.stakeAtRiskMin != 0, "stakeAtRiskMin");
        _require(p.treasury != address(0), "treasury");
        _require(p.trialTimeMax >= uint256(p.traceTime) + p.hearingTime, "trialTimeMax");
        // A claimant's times follow the shortest window there can be: a half of it for the trace, a twelfth for an answer.
        _require(p.traceTime != 0 && p.traceTime >= self.challengeWindowFloor / 2, "traceTime");
        _require(p.revealTime != 0 && p.revealTime >= self.challengeWindowFloor / 12, "revealTime");
        // The pause outlives a change of parameters.
        self.current = Entry({
            limits: Limits({
                version: version,
                requestsPaused: self.current.limits.requestsPaused,
                attestTimeMax: p.attestTimeMax,
                challengeWindowMin: p.challengeWindowMin,
                challengeWindowMax: p.challengeWindowMax,
                callbackGasMax: p.callbackGasMax,
                stakeAtRiskMin: p.stakeAtRiskMin
            }),
            ladderStep: p.ladderStep,
            ladderWidth: p.ladderWidth,
            treasury: p.treasury,
            protocolFeeBps: p.protocolFeeBps,
            hearingTime: p.hearingTime,
            trialTimeMax: p.trialTimeMax,
            traceTime: p.traceTime,
            revealTime: p.revealTime
        });
        emit IJobRegistry.ParametersSet(version, p);
    }

    function _entry(Book storage self, uint32 version) private view returns (Entry storage) {
        return version == self.current.limits.version ? self.current : self.past[version];
    }

    function _checkWindow(uint256 window, uint256 min, uint256 max) private pure {
        if (window < min || window > max) revert IJobRegistry.JobRegistryInvalidWindow(window, min, max);
    }

    function _require(bool ok, bytes32 field) private pure {
        if (!ok) revert IJobRegistry.JobRegistryInvalidParameters(field);
    }
}

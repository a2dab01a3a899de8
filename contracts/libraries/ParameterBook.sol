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

    /// @dev One version as it is stored: the first slot holds what every request reads.
    struct Entry {
        uint32 version;
        bool requestsPaused;
        uint32 attestTimeMax;
        uint32 challengeWindowMin;
        uint32 challengeWindowMax;
        uint32 callbackGasMax;
        uint32 ladderStep;
        uint16 ladderWidth;
        // ---- next slot
        uint128 feeMin;
        uint128 stakeAtRiskMin;
        // ---- next slot
        address treasury;
        uint16 protocolFeeBps;
        uint24 hearingTime;
        uint24 trialTimeMax;
        // ---- next slot
        uint24 traceTime;
        uint24 revealTime;
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
        version = self.current.version;
        self.past[version] = self.current;
        _set(self, ++version, parameters);
    }

    function get(Book storage self, uint32 version) internal view returns (Parameters memory) {
        Entry storage e = _entry(self, version);
        return
            Parameters({
                attestTimeMax: e.attestTimeMax,
                challengeWindowMin: e.challengeWindowMin,
                challengeWindowMax: e.challengeWindowMax,
                callbackGasMax: e.callbackGasMax,
                ladderStep: e.ladderStep,
                ladderWidth: e.ladderWidth,
                protocolFeeBps: e.protocolFeeBps,
                feeMin: e.feeMin,
                stakeAtRiskMin: e.stakeAtRiskMin,
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
        _checkWindow(window, e.challengeWindowMin, e.challengeWindowMax);
    }

    /// @notice Refuses terms that the current parameters do not allow; returns their version.
    function check(Book storage self, Terms memory terms) internal view returns (uint256) {
        Entry storage e = self.current;
        if (e.requestsPaused) revert IJobRegistry.JobRegistryRequestsPaused();
        JobOptions options = terms.options;
        uint256 deadline = options.attestDeadline();
        uint256 latest = block.timestamp + e.attestTimeMax;
        if (deadline <= block.timestamp || deadline > latest) {
            revert IJobRegistry.JobRegistryInvalidDeadline(deadline, block.timestamp + 1, latest);
        }
        _checkWindow(options.challengeWindow(), e.challengeWindowMin, e.challengeWindowMax);
        _checkCallback(terms.callbackTarget, options, e.callbackGasMax);
        (uint256 feeMin, uint256 stakeMin) = (e.feeMin, e.stakeAtRiskMin);
        if (terms.fee < feeMin) revert IJobRegistry.JobRegistryFeeTooLow(terms.fee, feeMin);
        if (terms.stakeAtRisk < stakeMin) revert IJobRegistry.JobRegistryStakeTooLow(terms.stakeAtRisk, stakeMin);
        return e.version;
    }

    function _checkCallback(address target, JobOptions options, uint256 gasMax) private view {
        uint256 callbackGas = options.callbackGas();
        bool valid = options.callbackPhase() == CallbackPhase.None
            ? target == address(0) && callbackGas == 0
            : target.code.length != 0 && callbackGas <= gasMax;
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
        // INVARIANT(I27): no job without a fee, and none that nobody stands behind.
        _require(p.feeMin != 0, "feeMin");
        _require(p.stakeAtRiskMin != 0, "stakeAtRiskMin");
        _require(p.treasury != address(0), "treasury");
        _require(p.trialTimeMax >= uint256(p.traceTime) + p.hearingTime, "trialTimeMax");
        // The pause outlives a change of parameters.
        self.current = Entry({
            version: version,
            requestsPaused: self.current.requestsPaused,
            attestTimeMax: p.attestTimeMax,
            challengeWindowMin: p.challengeWindowMin,
            challengeWindowMax: p.challengeWindowMax,
            callbackGasMax: p.callbackGasMax,
            ladderStep: p.ladderStep,
            ladderWidth: p.ladderWidth,
            feeMin: p.feeMin,
            stakeAtRiskMin: p.stakeAtRiskMin,
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
        return version == self.current.version ? self.current : self.past[version];
    }

    function _checkWindow(uint256 window, uint256 min, uint256 max) private pure {
        if (window < min || window > max) revert IJobRegistry.JobRegistryInvalidWindow(window, min, max);
    }

    function _require(bool ok, bytes32 field) private pure {
        if (!ok) revert IJobRegistry.JobRegistryInvalidParameters(field);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJobRegistry} from "../interfaces/IJobRegistry.sol";
import {CallbackPhase, Terms} from "../types/Job.sol";
import {Parameters} from "../types/Parameters.sol";

/// @notice The bounded parameters, their history, and the check of new terms against them.
/// @dev A job refers to the version it was requested under, so no later setting reaches it (I21).
library ParameterBook {
    uint256 internal constant PROTOCOL_FEE_BPS_MAX = 1_000;
    uint256 internal constant CALLBACK_GAS_LIMIT = 5_000_000;

    struct Book {
        /// first slot: what every request reads besides the parameters
        uint32 version;
        bool requestsPaused;
        uint32 challengeWindowFloor;
        uint32 liabilityMax;
        Parameters current;
        mapping(uint32 version => Parameters) past;
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
        version = self.version + 1;
        self.past[version - 1] = self.current;
        _set(self, version, parameters);
    }

    function get(Book storage self, uint32 version) internal view returns (Parameters storage) {
        return version == self.version ? self.current : self.past[version];
    }

    function ladderOf(Book storage self, uint32 version) internal view returns (uint256 step, uint256 width) {
        Parameters storage parameters = get(self, version);
        return (parameters.ladderStep, parameters.ladderWidth);
    }

    function feeOf(Book storage self, uint32 version) internal view returns (uint256 feeBps, address treasury) {
        Parameters storage parameters = get(self, version);
        return (parameters.protocolFeeBps, parameters.treasury);
    }

    function checkWindow(Book storage self, uint32 version, uint256 window) internal view {
        Parameters storage parameters = get(self, version);
        _checkWindow(window, parameters.challengeWindowMin, parameters.challengeWindowMax);
    }

    /// @notice Refuses terms that the current parameters do not allow.
    function check(Book storage self, Terms memory terms) internal view returns (uint32 version) {
        if (self.requestsPaused) revert IJobRegistry.JobRegistryRequestsPaused();
        version = self.version;
        Parameters storage p = self.current;
        uint256 latest = block.timestamp + p.attestTimeMax;
        if (terms.attestDeadline <= block.timestamp || terms.attestDeadline > latest) {
            revert IJobRegistry.JobRegistryInvalidDeadline(terms.attestDeadline, block.timestamp + 1, latest);
        }
        _checkWindow(terms.challengeWindow, p.challengeWindowMin, p.challengeWindowMax);
        bool callback = terms.callbackPhase != CallbackPhase.None;
        if (
            callback
                ? terms.callbackTarget.code.length == 0 || terms.callbackGas > p.callbackGasMax
                : terms.callbackTarget != address(0) || terms.callbackGas != 0
        ) {
            revert IJobRegistry.JobRegistryInvalidCallback(terms.callbackTarget, terms.callbackGas, p.callbackGasMax);
        }
        (uint256 feeMin, uint256 stakeMin) = (p.feeMin, p.stakeAtRiskMin);
        if (terms.fee < feeMin) revert IJobRegistry.JobRegistryFeeTooLow(terms.fee, feeMin);
        if (terms.stakeAtRisk < stakeMin) revert IJobRegistry.JobRegistryStakeTooLow(terms.stakeAtRisk, stakeMin);
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
        self.version = version;
        self.current = p;
        emit IJobRegistry.ParametersSet(version, p);
    }

    function _checkWindow(uint256 window, uint256 min, uint256 max) private pure {
        if (window < min || window > max) revert IJobRegistry.JobRegistryInvalidWindow(window, min, max);
    }

    function _require(bool ok, bytes32 field) private pure {
        if (!ok) revert IJobRegistry.JobRegistryInvalidParameters(field);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOperatorStaking} from "../../../contracts/interfaces/IOperatorStaking.sol";
import {Parameters} from "../../../contracts/types/Parameters.sol";
import {Campaign} from "./Campaign.sol";
import {CampaignModel} from "./CampaignModel.sol";
import {System, SystemTest} from "./SystemTest.sol";

/// @notice What holds for everybody, whatever they did and whatever the token does.
abstract contract JobChecks is SystemTest {
    uint256 internal constant GAS_MAX = 1_500_000;

    Campaign internal _campaign;
    System internal _system;

    /// @dev Everybody, in a system with this token.
    function _begin(address token, uint256 unit, uint256 gasMax) internal {
        neverRunAgain();
        (address trialCourt, ) = actor("trial court");
        _system = deploySystemWith(token, unit, trialCourt);
        _campaign = _everybody(_system, gasMax);
        _system.authority.grantRole(_system.authority.ADMIN_ROLE(), address(_campaign), 0);
        _campaign.open();
    }

    function _everybody(System memory system, uint256 gasMax) internal virtual returns (Campaign);

    function _checkMoney() internal view {
        _I1_Solvency();
        _I2_EachVaultCoversItself();
        _I8_SlashesSplitExactly();
        _I12_EveryFeeEndsOnce();
        _I32_BalancesFollowTheModel();
    }

    function _checkStake() internal view {
        _I3_StakePartition();
        _I4_LocksBelongToLiveJobs();
        _I6_NoExitBeforeLiabilityEnds();
        _I7_SlashesStayWithinTheLimit();
    }

    function _checkTerms() internal view {
        _I21_ParametersStay();
        _I27_NoJobWithoutFeeOrStake();
    }

    function _I1_Solvency() private view {
        (uint256 toSettlement, uint256 toStaking) = _campaign.donations();
        uint256 tokens =
            _system.token.balanceOf(address(_system.settlement)) + _system.token.balanceOf(address(_system.staking));
        uint256 owed = _ledgerSum() + _campaign.escrowed() + _campaign.bonded() + _stakeSum();
        assertEq(tokens - toSettlement - toStaking, owed, "I1");
    }

    function _I2_EachVaultCoversItself() private view {
        (uint256 toSettlement, uint256 toStaking) = _campaign.donations();
        uint256 held = _ledgerSum() + _campaign.escrowed() + _campaign.bonded();
        assertEq(_system.token.balanceOf(address(_system.settlement)) - toSettlement, held, "I2: settlement");
        assertEq(_system.settlement.totalHeld(), held, "I2: total held");
        assertEq(_system.token.balanceOf(address(_system.staking)) - toStaking, _stakeSum(), "I2: staking");
    }

    function _I3_StakePartition() private view {
        address[] memory operators = _campaign.operators();
        for (uint256 i = 0; i < operators.length; ++i) {
            CampaignModel.Ghost memory ghost = _campaign.ghostOf(operators[i]);
            IOperatorStaking.Stake memory stake = _system.staking.stakeOf(operators[i]);
            uint256 unbonding = _system.staking.unbondingOf(operators[i]).amount;
            uint256 whole = uint256(stake.free) + stake.locked + unbonding;
            assertEq(whole, ghost.deposited - ghost.withdrawn - ghost.slashed, "I3");
            assertEq(stake.free, ghost.free, "I3: free");
            assertEq(unbonding, ghost.unbonding, "I3: unbonding");
        }
    }

    function _I4_LocksBelongToLiveJobs() private view {
        address[] memory operators = _campaign.operators();
        for (uint256 i = 0; i < operators.length; ++i) {
            assertEq(_system.staking.stakeOf(operators[i]).locked, _campaign.locksOf(operators[i]), "I4");
        }
    }

    /// @dev Every action succeeds exactly when the model says so, never panics, takes no more gas than it may, and leaves every
    /// job in the status of the model. The campaign keeps what went otherwise.
    function _NoSurprise() internal view {
        assertEq(bytes(_campaign.surprise()), bytes(""), _campaign.surprise());
    }

    function _I6_NoExitBeforeLiabilityEnds() private view {
        assertTrue(_campaign.exitsWereSafe(), "I6");
    }

    function _I7_SlashesStayWithinTheLimit() private view {
        uint256 count = _campaign.jobCount();
        for (uint256 i = 0; i < count; ++i) {
            CampaignModel.Job memory job = _campaign.jobAt(i);
            assertLe(job.slashed, job.slashLimit, "I7: limit");
            // Four operators may each sign twice, once; the trial or the offer adds one lock.
            assertLe(job.slashLimit, uint256(job.terms.stakeAtRisk) * 6 + job.terms.offerPenalty, "I7: once each");
        }
    }

    function _I8_SlashesSplitExactly() private view {
        (uint256 slashed, uint256 awarded, uint256 burned) = _campaign.slashTotals();
        assertEq(slashed, awarded + burned, "I8");
    }

    function _I12_EveryFeeEndsOnce() private view {
        uint256 count = _campaign.jobCount();
        for (uint256 i = 0; i < count; ++i) {
            CampaignModel.Job memory job = _campaign.jobAt(i);
            bool ended = _campaign.isTerminal(job.status);
            assertEq(job.timesEnded, ended ? 1 : 0, "I12: once");
            assertEq(job.paidOut, ended ? job.terms.fee : 0, "I12: all of it");
        }
    }

    /// @notice The ledger of the chain is the ledger of the model, for everybody: donations entitle nobody to anything.
    function _I32_BalancesFollowTheModel() private view {
        address[] memory accounts = _campaign.accounts();
        for (uint256 i = 0; i < accounts.length; ++i) {
            assertEq(_system.settlement.balanceOf(accounts[i]), _campaign.ledgerOf(accounts[i]), "I32");
        }
    }

    function _I21_ParametersStay() private view {
        for (uint32 version = 1; version <= _campaign.currentVersion(); ++version) {
            Parameters memory expected = _campaign.parametersOf(version);
            assertEq(
                keccak256(abi.encode(_system.jobs.parametersOf(version))),
                keccak256(abi.encode(expected)),
                "I21: snapshot"
            );
            assertLe(
                uint256(expected.attestTimeMax) + expected.challengeWindowMax + expected.trialTimeMax,
                _system.staking.unbondingDelay(),
                "I6: liability"
            );
        }
        assertEq(_system.jobs.currentVersion(), _campaign.currentVersion(), "I21: version");
    }

    function _I27_NoJobWithoutFeeOrStake() private view {
        uint256 count = _campaign.jobCount();
        for (uint256 i = 0; i < count; ++i) {
            CampaignModel.Job memory job = _campaign.jobAt(i);
            assertGe(job.terms.fee, 1, "I27: fee");
            Parameters memory p = _campaign.parametersOf(job.terms.options.parametersVersion());
            assertGe(job.terms.stakeAtRisk, p.stakeAtRiskMin, "I27: stake");
        }
    }

    function _drainsToTheLastWei() internal {
        _campaign.drain();
        (uint256 toSettlement, uint256 toStaking) = _campaign.donations();
        assertEq(_system.settlement.totalHeld(), 0, "I14: nothing is owed");
        assertEq(_system.token.balanceOf(address(_system.settlement)), toSettlement, "I14: only donations are left");
        assertEq(_system.token.balanceOf(address(_system.staking)), toStaking, "I14: no stake is left");
    }

    function _ledgerSum() private view returns (uint256 sum) {
        address[] memory accounts = _campaign.accounts();
        for (uint256 i = 0; i < accounts.length; ++i) sum += _system.settlement.balanceOf(accounts[i]);
    }

    function _stakeSum() private view returns (uint256 sum) {
        address[] memory operators = _campaign.operators();
        for (uint256 i = 0; i < operators.length; ++i) {
            IOperatorStaking.Stake memory stake = _system.staking.stakeOf(operators[i]);
            sum += uint256(stake.free) + stake.locked + _system.staking.unbondingOf(operators[i]).amount;
        }
    }
}

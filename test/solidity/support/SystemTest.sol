// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {EquivocationCourt} from "../../../contracts/EquivocationCourt.sol";
import {JobRegistry} from "../../../contracts/JobRegistry.sol";
import {ModelRegistry} from "../../../contracts/ModelRegistry.sol";
import {OperatorStaking} from "../../../contracts/OperatorStaking.sol";
import {Settlement} from "../../../contracts/Settlement.sol";
import {Slasher} from "../../../contracts/Slasher.sol";
import {ISlasher} from "../../../contracts/interfaces/ISlasher.sol";
import {DevToken} from "../../../contracts/mocks/DevToken.sol";
import {Parameters} from "../../../contracts/types/Parameters.sol";
import {Test} from "./Test.sol";

/// @notice One deployment and who plays which part in it.
struct System {
    DevToken token;
    AccessManager authority;
    Settlement settlement;
    OperatorStaking staking;
    Slasher slasher;
    ModelRegistry models;
    JobRegistry jobs;
    EquivocationCourt court;
    /// an account that plays the trial court
    address trialCourt;
    address treasury;
}

/// @notice Deploys the six contracts the way the deployment scripts do: each address is predicted from the nonce.
abstract contract SystemTest is Test {
    uint256 internal constant UNBONDING_DELAY = 7 days;
    uint256 internal constant REVOCATION_DELAY = 1 days;
    uint256 internal constant EPOCH_LENGTH = 1 hours;
    uint32 internal constant CHALLENGE_WINDOW_FLOOR = 60;
    uint256 internal constant PUBLISHER_BOND_MAX = 1_000e18;

    function deploySystem() internal returns (System memory) {
        (address trialCourt, ) = actor("trial court");
        return deploySystemFor(trialCourt);
    }

    /// @notice The same with a court of its own.
    function deploySystemFor(address trialCourt) internal returns (System memory system) {
        system.trialCourt = trialCourt;
        (system.treasury, ) = actor("treasury");
        system.token = new DevToken(18);
        system.authority = new AccessManager(address(this));
        uint256 nonce = vm.getNonce(address(this));
        address settlementAt = vm.computeCreateAddress(address(this), nonce);
        address stakingAt = vm.computeCreateAddress(address(this), nonce + 1);
        address slasherAt = vm.computeCreateAddress(address(this), nonce + 2);
        address modelsAt = vm.computeCreateAddress(address(this), nonce + 3);
        address jobsAt = vm.computeCreateAddress(address(this), nonce + 4);
        system.settlement = new Settlement(system.token, jobsAt, modelsAt, slasherAt, system.trialCourt);
        system.staking = new OperatorStaking(
            system.token,
            jobsAt,
            slasherAt,
            settlementAt,
            UNBONDING_DELAY,
            REVOCATION_DELAY,
            EPOCH_LENGTH
        );
        system.slasher = new Slasher(
            system.staking,
            system.settlement,
            jobsAt,
            ISlasher.Shares(0, 2_500, 2_500),
            ISlasher.Shares(1_000, 2_000, 2_000)
        );
        system.models = new ModelRegistry(
            address(system.authority),
            system.settlement,
            system.trialCourt,
            UNBONDING_DELAY,
            PUBLISHER_BOND_MAX
        );
        system.jobs = new JobRegistry(
            address(system.authority),
            system.models,
            system.staking,
            system.settlement,
            system.slasher,
            vm.computeCreateAddress(address(this), nonce + 5),
            system.trialCourt,
            CHALLENGE_WINDOW_FLOOR,
            defaultParameters(system.treasury)
        );
        system.court = new EquivocationCourt(system.jobs, system.staking);
        assertEq(address(system.jobs), jobsAt, "job registry's address");
        assertEq(address(system.court), system.jobs.equivocationCourt(), "court's address");
        assertEq(address(system.staking), stakingAt, "staking's address");
        assertEq(address(system.slasher), slasherAt, "slasher's address");
    }

    function defaultParameters(address treasury) internal pure returns (Parameters memory) {
        return
            Parameters({
                attestTimeMax: 1 hours,
                challengeWindowMin: 60,
                challengeWindowMax: 1 days,
                callbackGasMax: 500_000,
                ladderStep: 30,
                ladderWidth: 2,
                protocolFeeBps: 100,
                stakeAtRiskMin: 1,
                treasury: treasury,
                traceTime: 1 hours,
                revealTime: 10 minutes,
                hearingTime: 2 hours,
                trialTimeMax: 1 days
            });
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EquivocationCourt} from "../../../contracts/EquivocationCourt.sol";
import {FeedRegistry} from "../../../contracts/FeedRegistry.sol";
import {FeedRequests} from "../../../contracts/FeedRequests.sol";
import {JobRegistry} from "../../../contracts/JobRegistry.sol";
import {ModelRegistry} from "../../../contracts/ModelRegistry.sol";
import {OperatorStaking} from "../../../contracts/OperatorStaking.sol";
import {Settlement} from "../../../contracts/Settlement.sol";
import {Slasher} from "../../../contracts/Slasher.sol";
import {ISlasher} from "../../../contracts/interfaces/ISlasher.sol";
import {DevToken} from "../../../contracts/mocks/DevToken.sol";
import {Parameters} from "../../../contracts/types/Parameters.sol";
import {Test} from "./Test.sol";
import {TestToken} from "./TestToken.sol";

/// @notice One deployment and who plays which part in it.
struct System {
    TestToken token;
    /// one whole token
    uint256 unit;
    AccessManager authority;
    Settlement settlement;
    OperatorStaking staking;
    Slasher slasher;
    ModelRegistry models;
    JobRegistry jobs;
    EquivocationCourt court;
    /// an account that plays the trial court
    address trialCourt;
    FeedRegistry feeds;
    FeedRequests feedRequests;
    address treasury;
}

/// @notice Deploys the contracts the way the deployment scripts do: each address is predicted from the nonce.
abstract contract SystemTest is Test {
    uint256 internal constant UNBONDING_DELAY = 7 days;
    uint256 internal constant REVOCATION_DELAY = 1 days;
    uint256 internal constant EPOCH_LENGTH = 1 hours;
    uint32 internal constant CHALLENGE_WINDOW_FLOOR = 60;
    uint256 internal constant PUBLISHER_BOND_MAX = 1_000e18;

    /// nonce that the first contract takes
    uint256 private _firstNonce;

    function deploySystem() internal returns (System memory) {
        (address trialCourt, ) = actor("trial court");
        return deploySystemFor(trialCourt);
    }

    /// @notice The same with a court of its own.
    function deploySystemFor(address trialCourt) internal returns (System memory) {
        return deploySystemWith(address(new DevToken(18)), 1e18, trialCourt);
    }

    /// @notice The same with a token of its own.
    function deploySystemWith(address token, uint256 unit, address trialCourt) internal returns (System memory system) {
        system.trialCourt = trialCourt;
        (system.token, system.unit) = (TestToken(token), unit);
        (system.treasury, ) = actor("treasury");
        system.authority = new AccessManager(address(this));
        _firstNonce = vm.getNonce(address(this));
        system.settlement = new Settlement(IERC20(token), _at(4), _at(3), _at(2), system.trialCourt, _at(6));
        system.staking = new OperatorStaking(
            IERC20(token),
            _at(4),
            _at(2),
            _at(0),
            _at(6),
            UNBONDING_DELAY,
            REVOCATION_DELAY,
            EPOCH_LENGTH
        );
        system.slasher = new Slasher(
            system.staking,
            system.settlement,
            _at(4),
            _at(6),
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
            _at(5),
            system.trialCourt,
            _at(7),
            CHALLENGE_WINDOW_FLOOR,
            defaultParameters(system.treasury)
        );
        system.court = new EquivocationCourt(system.jobs, system.staking);
        system.feeds = new FeedRegistry(system.staking, system.settlement, system.slasher, UNBONDING_DELAY);
        system.feedRequests = new FeedRequests(system.feeds, system.jobs, system.models);
        assertEq(address(system.settlement), _at(0), "settlement's address");
        assertEq(address(system.staking), _at(1), "staking's address");
        assertEq(address(system.slasher), _at(2), "slasher's address");
        assertEq(address(system.jobs), _at(4), "job registry's address");
        assertEq(address(system.court), system.jobs.equivocationCourt(), "court's address");
        assertEq(address(system.feeds), _at(6), "feed registry's address");
        assertEq(address(system.feedRequests), system.jobs.feedRequests(), "feed requests' address");
    }

    function _at(uint256 offset) private returns (address) {
        return vm.computeCreateAddress(address(this), _firstNonce + offset);
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

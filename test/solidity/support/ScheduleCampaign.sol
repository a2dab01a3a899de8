// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeedRegistry} from "../../../contracts/interfaces/IFeedRegistry.sol";
import {IJobRegistry} from "../../../contracts/interfaces/IJobRegistry.sol";
import {IScheduler} from "../../../contracts/interfaces/IScheduler.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {VectorTree} from "../../../contracts/judge/VectorTree.sol";
import {Scheduler} from "../../../contracts/periphery/Scheduler.sol";
import {ScheduleAccount} from "../../../contracts/periphery/ScheduleAccount.sol";
import {FeedId, FeedState, Round} from "../../../contracts/types/Feed.sol";
import {AttestationRecord, JobId, JobStatus, Terms} from "../../../contracts/types/Job.sol";
import {InputSpec, ModelId, ModelSpec, OutputKind, OutputSpec} from "../../../contracts/types/Model.sol";
import {ScheduleReplica} from "./ScheduleReplica.sol";
import {System, SystemTest} from "./SystemTest.sol";

/// @notice Owners, triggerers, an operator, a feed that lives and dies, and strangers, on schedules of both kinds. The model says
/// before every action whether it must succeed and whose money moves.
abstract contract ScheduleCampaign is SystemTest {
    uint256 private constant SCHEDULES_MAX = 10;
    uint256 private constant JOBS_MAX = 64;
    uint256 private constant GAS_MAX = 1_500_000;
    /// @notice Calls into the protocol that one burst makes at least.
    uint256 public constant BURST_CALLS = 8;
    bytes private constant INPUT = hex"3f8000003f000000";
    bytes private constant OUTPUT = hex"3f000000";
    bytes private constant WEIGHTS = hex"000101020303030303030303030405050606070707080808080909090909030303030a0b0c";

    /// @notice A schedule as the model sees it.
    struct Plan {
        address at;
        address owner;
        IScheduler.Schedule terms;
        bool cancelled;
        uint256 run;
        uint256 ranAt;
        int128 answer;
        uint256 balance;
    }

    struct Run {
        uint256 plan;
        JobId id;
        Terms terms;
        AttestationRecord record;
        JobStatus status;
    }

    System internal _system;
    Scheduler public scheduler;
    /// @notice The same schedules, as their events tell them.
    ScheduleReplica public replica;
    ModelId private _modelId;
    FeedId private constant _FEED = FeedId.wrap(keccak256("feed"));
    address private immutable _OPERATOR;
    address[] private _people;
    Plan[] private _plans;
    Run[] private _runs;
    /// @dev Always empty.
    mapping(uint256 => Run) private _noRun;
    mapping(address who => uint256) private _wallet;
    /// @dev Fees that were paid out of escrow, to whom they are due.
    uint256 private _earned;
    bool private _paused;
    FeedState private _feedState;
    Round private _round;
    uint256 private _entropy;

    /// @notice The first thing that went otherwise than the model said; empty while all is well.
    string public surprise;
    mapping(string what => uint256) public successes;
    uint256 public calls;
    uint256 public gasMax;
    uint256 public bursts;

    constructor() {
        vm.warp(1_700_000_000);
        _system = deploySystem();
        scheduler = new Scheduler(
            _system.jobs,
            _system.feedRequests,
            _system.feeds,
            _system.settlement,
            _system.models
        );
        replica = new ScheduleReplica(scheduler, _system.settlement);
        for (uint256 i = 0; i < 4; ++i) {
            (address who, ) = actor(string.concat("person ", vm.toString(i)));
            _people.push(who);
        }
        (_OPERATOR, ) = actor("operator");
        _system.token.mint(_OPERATOR, 1e24);
        vm.startPrank(_OPERATOR);
        _system.token.approve(address(_system.staking), 1e24);
        _system.staking.deposit(1e24);
        _system.staking.appointAttester(_OPERATOR, "");
        vm.stopPrank();
        ModelSpec memory spec;
        spec.semanticsVersion = 1;
        spec.inputs = new InputSpec[](1);
        spec.inputs[0].length = 2;
        spec.outputs = new OutputSpec[](1);
        spec.outputs[0].length = 1;
        spec.outputs[0].kind = OutputKind.Continuous;
        spec.onnxSha256 = keccak256("model");
        spec.publisher = _people[0];
        vm.prank(_people[0]);
        _modelId = _system.models.register(spec);
        _setFeed(FeedState.Live, 1_000_000);
    }

    /// @notice Actions out of one seed, until they have made their number of calls. Never reverts: see `surprise`.
    function burst(uint256 seed) external {
        uint256 goal = calls + BURST_CALLS;
        ++bursts;
        while (calls < goal && bytes(surprise).length == 0) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 action = uint8(WEIGHTS[seed % WEIGHTS.length]);
            try this.perform(action, seed) {} catch (bytes memory reason) {
                surprise = string.concat("action ", vm.toString(action), ": ", vm.toString(reason));
            }
        }
    }

    function perform(uint256 action, uint256 seed) external {
        require(msg.sender == address(this), "only through burst");
        _entropy = seed;
        if (action == 0) return _create();
        if (_plans.length == 0) return _create();
        if (action == 1) _fund();
        if (action == 2) _withdraw();
        if (action == 3) _trigger();
        if (action == 4) _cancel();
        if (action == 5) _attest();
        if (action == 6) _settle();
        if (action == 7) _expire();
        if (action == 8) vm.warp(block.timestamp + _draw(15 minutes));
        if (action == 9) _moveFeed();
        if (action == 10) _pause();
        if (action == 11) _trespass();
        if (action == 12) vm.warp(block.timestamp + _draw(14 days));
    }

    /* WHAT INVARIANTS READ */

    /// @notice I1, I2: every schedule has what the model says, everybody got what rules gave it, and all of it is there.
    function checkMoney() external view {
        uint256 held = _earned;
        for (uint256 i = 0; i < _plans.length; ++i) {
            assertEq(_system.settlement.balanceOf(_plans[i].at), _plans[i].balance, "I1: a schedule's balance");
            held += _plans[i].balance;
        }
        for (uint256 i = 0; i < _runs.length; ++i) if (_isOpen(_runs[i])) held += _runs[i].terms.fee;
        assertEq(_system.settlement.totalHeld(), held, "I2: total held");
        assertEq(_system.token.balanceOf(address(_system.settlement)), held, "I2: settlement");
        assertEq(_system.token.balanceOf(address(scheduler)), 0, "the scheduler holds nothing");
        for (uint256 i = 0; i < _people.length; ++i) {
            assertEq(_system.token.balanceOf(_people[i]), _wallet[_people[i]], "I26: a wallet");
        }
    }

    /// @notice I11, I21: every schedule stands where the model says, under the terms that it was made with, as its owner's.
    function checkSchedules() external view {
        for (uint256 i = 0; i < _plans.length; ++i) {
            Plan storage plan = _plans[i];
            (IScheduler.ScheduleState state, ) = scheduler.stateOf(plan.at);
            assertEq(uint8(state), uint8(_stateOf(plan)), "state");
            (uint64 run, uint40 ranAt, int128 answer) = scheduler.lastRun(plan.at);
            assertEq(run, plan.run, "run");
            assertEq(ranAt, plan.ranAt, "ran at");
            assertTrue(answer == plan.answer, "answer");
            assertEq(scheduler.ownerOf(plan.at), plan.owner, "owner");
            assertEq(
                keccak256(abi.encode(scheduler.termsOf(plan.at))),
                keccak256(abi.encode(plan.terms)),
                "I21: terms"
            );
        }
        for (uint256 i = 0; i < _runs.length; ++i) {
            assertEq(uint8(_system.jobs.stateOf(_runs[i].id).status), uint8(_runs[i].status), "I11: a run's job");
            assertGe(scheduler.runOf(_plans[_runs[i].plan].at, _runs[i].id), 1, "a run that nobody knows");
        }
    }

    /// @notice I14: everything ends, and every owner takes out what its schedules have.
    function drain() external {
        vm.warp(block.timestamp + 30 days);
        for (uint256 i = 0; i < _runs.length; ++i) {
            if (_runs[i].status == JobStatus.Requested) _system.jobs.expire(_runs[i].terms);
            if (_runs[i].status == JobStatus.Attested) _system.jobs.settle(_runs[i].terms, _runs[i].record, "");
        }
        for (uint256 i = 0; i < _plans.length; ++i) {
            uint256 due = _system.settlement.balanceOf(_plans[i].at);
            vm.prank(_plans[i].owner);
            assertEq(scheduler.cancel(_plans[i].at, _plans[i].owner), due, "I14: a refund");
            assertEq(_system.settlement.balanceOf(_plans[i].at), 0, "I14: something is left");
        }
    }

    /* OWNERS */

    function _create() private {
        if (_plans.length >= SCHEDULES_MAX) return;
        IScheduler.Schedule memory terms;
        terms.modelId = _modelId;
        bool fromFeed = _draw(2) == 0;
        if (fromFeed) {
            terms.feedId = _FEED;
            terms.deviationBps = uint16(_draw(4) == 0 ? 0 : 100);
        } else {
            terms.inputHash = keccak256(INPUT);
        }
        terms.fee = uint128(_draw(12) == 0 ? 0 : _draw(1e18) + 1);
        terms.stakeAtRisk = 1e18;
        terms.operator = _OPERATOR;
        terms.challengeWindow = 120;
        terms.attestTime = 600;
        terms.interval = uint32(_draw(12) == 0 ? 0 : 1 + _draw(2 hours));
        terms.gap = uint32(_draw(12) == 0 ? terms.interval + 1 : _draw(terms.interval / 4 + 1));
        terms.tip = uint128(_draw(3) == 0 ? 0 : _draw(1e17));
        bytes memory input = fromFeed ? bytes("") : INPUT;
        if (_draw(12) == 0) input = hex"00";
        bool ok = terms.fee != 0 && terms.interval != 0 && terms.gap <= terms.interval && input.length != 1;
        address owner = _person();
        (bool done, bytes memory answer) = _try(
            owner,
            address(scheduler),
            abi.encodeCall(IScheduler.create, (terms, input)),
            ok
        );
        if (!done) return;
        Plan storage plan = _plans.push();
        (plan.at, plan.owner, plan.terms) = (abi.decode(answer, (address)), owner, terms);
        _count("create");
    }

    function _fund() private {
        Plan storage plan = _plan();
        address from = _person();
        uint256 amount = 1 + _draw(3e18);
        _system.token.mint(from, amount);
        vm.prank(from);
        _system.token.approve(address(_system.settlement), amount);
        _try(from, address(_system.settlement), abi.encodeCall(ISettlement.deposit, (plan.at, amount)), true);
        plan.balance += amount;
        _count("fund");
    }

    function _withdraw() private {
        Plan storage plan = _plan();
        address caller = _draw(3) == 0 ? _person() : plan.owner;
        address to = _person();
        uint256 amount = _draw(4) == 0 ? plan.balance + _draw(2) : _draw(plan.balance + 1);
        bool ok = caller == plan.owner && amount <= plan.balance;
        bytes memory data = abi.encodeCall(IScheduler.withdraw, (plan.at, to, amount));
        (bool done, ) = _try(caller, address(scheduler), data, ok);
        if (!done) return;
        plan.balance -= amount;
        _wallet[to] += amount;
        if (amount != 0) _count("withdraw");
    }

    function _cancel() private {
        Plan storage plan = _plan();
        // Schedules should live long enough to be of use.
        if (!plan.cancelled && plan.run < 3 && _draw(8) != 0) return;
        address caller = _draw(3) == 0 ? _person() : plan.owner;
        address to = _person();
        bytes memory data = abi.encodeCall(IScheduler.cancel, (plan.at, to));
        (bool done, ) = _try(caller, address(scheduler), data, caller == plan.owner);
        if (!done) return;
        _count(plan.cancelled ? "cancel again" : "cancel");
        _wallet[to] += plan.balance;
        plan.balance = 0;
        plan.cancelled = true;
    }

    /* EVERYBODY */

    function _trigger() private {
        Plan storage plan = _plan();
        bool fromFeed = FeedId.unwrap(plan.terms.feedId) != 0;
        bytes memory input = fromFeed ? bytes("") : INPUT;
        if (!fromFeed && _draw(10) == 0) input = hex"3f8000003f000001";
        IScheduler.ScheduleState state = _stateOf(plan);
        bool ok = state == IScheduler.ScheduleState.Due && (fromFeed || keccak256(input) == plan.terms.inputHash);
        if (ok && _runs.length >= JOBS_MAX) return;
        address caller = _person();
        bytes memory data = abi.encodeCall(IScheduler.trigger, (plan.at, input));
        (bool done, bytes memory answer) = _try(caller, address(scheduler), data, ok);
        if (!done) {
            if (state != IScheduler.ScheduleState.Due) _count(string.concat("refused ", vm.toString(uint8(state))));
            return;
        }
        bool early = plan.run != 0 && block.timestamp < plan.ranAt + plan.terms.interval;
        ++plan.run;
        plan.ranAt = block.timestamp;
        plan.answer = fromFeed ? _round.answer : int128(0);
        plan.balance -= uint256(plan.terms.fee) + plan.terms.tip;
        _wallet[caller] += plan.terms.tip;
        _remember(plan, abi.decode(answer, (JobId)), caller);
        _count(
            early
                ? "trigger by deviation"
                : fromFeed
                    ? "trigger from feed"
                    : "trigger"
        );
        if (plan.terms.tip != 0) _count("tip");
    }

    /// @dev I33: the events tell which run it was, who got the tip, and the whole of the job.
    function _remember(Plan storage plan, JobId jobId, address caller) private {
        ScheduleReplica.Run memory told = replica.lastRunOf(plan.at);
        assertEq(told.jobId, JobId.unwrap(jobId), "I33: job");
        assertEq(told.number, plan.run, "I33: run");
        assertEq(told.tip, plan.terms.tip, "I33: tip");
        assertEq(told.triggeredBy, caller, "I33: by whom");
        Run storage run = _runs.push();
        run.terms = told.terms;
        assertEq(run.terms.requester, plan.at, "the requester is the schedule");
        assertEq(run.terms.fee, plan.terms.fee, "the fee is the schedule's");
        assertEq(run.terms.operator, plan.terms.operator, "the operator is the schedule's");
        (run.id, run.status) = (jobId, JobStatus.Requested);
        for (uint256 i = 0; i < _plans.length; ++i) if (_plans[i].at == plan.at) run.plan = i;
    }

    function _attest() private {
        Run storage run = _anyRun(JobStatus.Requested);
        if (run.status == JobStatus.None) return;
        bool ok = run.status == JobStatus.Requested && block.timestamp <= run.terms.options.attestDeadline();
        IJobRegistry.Output memory output = IJobRegistry.Output(VectorTree.rootOfMemory(OUTPUT), 0, "");
        bytes memory data = abi.encodeCall(IJobRegistry.attest, (run.terms, output, ""));
        (bool done, ) = _try(_OPERATOR, address(_system.jobs), data, ok);
        if (!done) return;
        run.status = JobStatus.Attested;
        run.record = AttestationRecord(output.root, 0, _OPERATOR, uint64(block.timestamp + 120));
        _count("attest");
    }

    function _settle() private {
        Run storage run = _anyRun(JobStatus.Attested);
        if (run.status == JobStatus.None) return;
        bool ok = run.status == JobStatus.Attested && block.timestamp > run.record.challengeEnd;
        bytes memory data = abi.encodeCall(IJobRegistry.settle, (run.terms, run.record, ""));
        (bool done, ) = _try(_person(), address(_system.jobs), data, ok);
        if (!done) return;
        run.status = JobStatus.Settled;
        _earned += run.terms.fee;
        _count("settle");
    }

    /// @dev What nobody answered comes back to the schedule that paid it.
    function _expire() private {
        Run storage run = _anyRun(JobStatus.Requested);
        if (run.status == JobStatus.None) return;
        bool ok = run.status == JobStatus.Requested && block.timestamp > run.terms.options.attestDeadline();
        (bool done, ) = _try(_person(), address(_system.jobs), abi.encodeCall(IJobRegistry.expire, (run.terms)), ok);
        if (!done) return;
        run.status = JobStatus.Expired;
        _plans[run.plan].balance += run.terms.fee;
        _count(_plans[run.plan].cancelled ? "refund after the end" : "refund");
    }

    /// @dev Doors of a schedule's account, and other people's schedules.
    function _trespass() private {
        Plan storage plan = _plan();
        address who = _person();
        bytes memory data = abi.encodeCall(ScheduleAccount.withdraw, (who, plan.balance));
        if (_draw(2) == 0) {
            Terms memory terms;
            data = abi.encodeCall(ScheduleAccount.request, (terms, INPUT));
        }
        _try(_draw(3) == 0 ? plan.owner : who, plan.at, data, false);
        _count("trespass");
    }

    /* THE WORLD */

    function _pause() private {
        _paused = _draw(3) == 0;
        if (_paused) _system.jobs.pauseRequests();
        else _system.jobs.unpauseRequests();
        ++calls;
        _count(_paused ? "pause" : "unpause");
    }

    function _moveFeed() private {
        uint256 kind = _draw(6);
        int128 answer = _round.answer;
        if (kind > 2) answer += (answer * int128(int256(_draw(600)) - 300)) / 10_000;
        if (answer < 1_000) answer = 1_000_000;
        _setFeed(kind == 1 ? FeedState.Stale : FeedState.Live, answer);
    }

    function _setFeed(FeedState state, int128 answer) private {
        _feedState = state;
        _round = Round(7, answer, uint40(block.timestamp), uint40(block.timestamp), 3);
        replica.answered(answer);
        address feeds = address(_system.feeds);
        vm.mockCall(feeds, abi.encodeCall(IFeedRegistry.feedState, (_FEED)), abi.encode(state));
        vm.mockCall(feeds, abi.encodeCall(IFeedRegistry.latestRound, (_FEED)), abi.encode(_round));
        vm.mockCall(feeds, abi.encodeCall(IFeedRegistry.windowOf, (_FEED, 2)), abi.encode(INPUT, uint32(7)));
    }

    /* INTERNAL */

    /// @dev In words: cancelled; waiting for the clock unless the feed has moved; the feed is asleep; no money; refused; due.
    function _stateOf(Plan storage plan) private view returns (IScheduler.ScheduleState) {
        if (plan.cancelled) return IScheduler.ScheduleState.Cancelled;
        bool fromFeed = FeedId.unwrap(plan.terms.feedId) != 0;
        bool asleep = fromFeed && _feedState != FeedState.Live;
        if (plan.run != 0 && block.timestamp < plan.ranAt + plan.terms.interval) {
            int256 moved = int256(_round.answer) - plan.answer;
            if (moved < 0) moved = -moved;
            bool far = moved != 0 && moved * 10_000 >= int256(plan.answer) * int256(uint256(plan.terms.deviationBps));
            bool counts = fromFeed && plan.terms.deviationBps != 0 && !asleep;
            if (!counts || !far || block.timestamp < plan.ranAt + plan.terms.gap)
                return IScheduler.ScheduleState.Waiting;
        }
        if (asleep) return IScheduler.ScheduleState.FeedNotLive;
        if (plan.balance < uint256(plan.terms.fee) + plan.terms.tip) return IScheduler.ScheduleState.Unfunded;
        return _paused ? IScheduler.ScheduleState.Refused : IScheduler.ScheduleState.Due;
    }

    function _try(
        address caller,
        address target,
        bytes memory data,
        bool expected
    ) private returns (bool ok, bytes memory answer) {
        // What a call logged that failed was recorded as well.
        vm.recordLogs();
        vm.prank(caller);
        uint256 gas = gasleft();
        (ok, answer) = target.call(data);
        gas -= gasleft();
        if (ok) replica.fold(vm.getRecordedLogs());
        ++calls;
        if (gas > gasMax) gasMax = gas;
        assertLe(gas, GAS_MAX, "I22: gas");
        if (ok != expected) {
            revert AssertionFailed(
                string.concat(expected ? "failed: " : "succeeded: ", vm.toString(data), " -> ", vm.toString(answer))
            );
        }
        if (!ok && answer.length >= 4) assertNotEq(bytes32(bytes4(answer)), bytes32(bytes4(0x4e487b71)), "I5: panic");
    }

    function _isOpen(Run storage run) private view returns (bool) {
        return run.status == JobStatus.Requested || run.status == JobStatus.Attested;
    }

    /// @dev Any run, mostly one of that status where there is one. Without any run, an empty one that is never written.
    function _anyRun(JobStatus wanted) private returns (Run storage run) {
        uint256 start = _runs.length == 0 ? 0 : _draw(_runs.length);
        if (_runs.length == 0) return _noRun[0];
        run = _runs[start];
        if (_draw(4) == 0) return run;
        for (uint256 i = 0; i < _runs.length; ++i) {
            if (_runs[(start + i) % _runs.length].status == wanted) return _runs[(start + i) % _runs.length];
        }
    }

    function _plan() private returns (Plan storage) {
        return _plans[_draw(_plans.length)];
    }

    function _person() private returns (address) {
        return _people[_draw(_people.length)];
    }

    function _draw(uint256 limit) private returns (uint256) {
        _entropy = uint256(keccak256(abi.encode(_entropy)));
        return _entropy % limit;
    }

    function _count(string memory what) private {
        ++successes[what];
    }
}

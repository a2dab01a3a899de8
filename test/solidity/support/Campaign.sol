// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEquivocationCourt} from "../../../contracts/interfaces/IEquivocationCourt.sol";
import {IJobRegistry} from "../../../contracts/interfaces/IJobRegistry.sol";
import {ISlasher} from "../../../contracts/interfaces/ISlasher.sol";
import {VectorTree} from "../../../contracts/judge/VectorTree.sol";
import {
    APPOINTMENT_TYPEHASH,
    ATTESTATION_TYPEHASH,
    OFFER_TYPEHASH,
    SignedOutput
} from "../../../contracts/types/Attestation.sol";
import {
    AttestationRecord,
    Availability,
    CallbackPhase,
    Delivery,
    JobId,
    JobStatus,
    Terms
} from "../../../contracts/types/Job.sol";
import {JobOptionsLib} from "../../../contracts/types/JobOptions.sol";
import {ModelId} from "../../../contracts/types/Model.sol";
import {Parameters} from "../../../contracts/types/Parameters.sol";
import {CampaignMoney} from "./CampaignMoney.sol";
import {Nuisance} from "./Nuisance.sol";
import {System} from "./SystemTest.sol";

/// @notice Plays everybody at once: requesters, operators, a publisher, the trial court, governance, a griefer, a donor. Every
/// action is tried in any state; the model says beforehand whether it must succeed, and what moves when it does.
abstract contract Campaign is CampaignMoney {
    /// @dev Numbers of actions, the more common ones more often.
    bytes private constant WEIGHTS =
        hex"0001020304050505060606070708080808090909090a0a0b0b0c0d0e0e0f0f1010111112121313131415";
    uint256 private constant JOBS_MAX = 64;
    /// @notice Calls into the protocol that one burst makes at least.
    uint256 public constant BURST_CALLS = 8;
    /// @dev A batch: its entries' callbacks and shares, and what it costs itself.
    uint256 private constant BATCH_GAS = 300_000;
    uint256 private constant ENTRY_GAS = 500_000;
    bytes private constant INPUT = hex"3f8000003f000000";

    Nuisance public nuisance;
    ModelId private _modelId;
    /// @dev Always empty: what `_pick` finds when there is nothing to find.
    mapping(uint256 => Job) private _noJob;

    /// @notice Bursts so far.
    uint256 public bursts;

    constructor(System memory system_, uint256 gasMax_) CampaignMoney(system_, gasMax_) {
        nuisance = new Nuisance(system_);
        // The second operator re-enters, the third one is a wallet that calls every signature its own.
        _operators[1] = address(nuisance);
        _accounts.push(address(nuisance));
        nuisance.know(_accounts, _operators);
    }

    /// @notice Stake, keys, a model and a first balance for everybody. Called once, as governance.
    function open() external {
        _rollOn(2 hours);
        vm.prank(_publisher);
        _modelId = _system.models.register(_spec());
        for (uint256 i = 0; i < _operators.length; ++i) {
            address operator = _operators[i];
            (address attester, uint256 key) = actor(string.concat("attester ", vm.toString(i)));
            _attesterOf[operator] = attester;
            _keyOf[attester] = key;
            // ERC-1271's magic value, whatever is asked.
            if (i == 2) vm.etch(operator, hex"631626ba7e60e01b60005260206000f3");
            // The last operator is a contract that refuses every call.
            if (i == 3) vm.etch(operator, hex"60006000fd");
            bytes32 digest = _stakingDigest(keccak256(abi.encode(APPOINTMENT_TYPEHASH, operator, attester)));
            vm.prank(operator);
            _system.staking.appointAttester(attester, signatureOf(key, digest));
            _stakeMore(operator, 100 * _unit);
        }
        for (uint256 i = 0; i < _requesters.length; ++i) _credit(_requesters[i], 200 * _unit);
        _credit(_publisher, 200 * _unit);
        _rollOn(2 hours);
    }

    /// @notice One action, chosen and filled in by the seed. Never reverts: what goes otherwise than expected is kept in
    /// `surprise`.
    function step(uint8 action, uint256 seed) public {
        if (bytes(surprise).length != 0) return;
        uint256 chosen = uint8(WEIGHTS[action % WEIGHTS.length]);
        try this.perform(chosen, seed) {} catch (bytes memory reason) {
            surprise = string.concat("action ", vm.toString(chosen), ": ", vm.toString(reason));
        }
    }

    /// @notice Several actions out of one seed.
    function burst(uint256 seed) external {
        uint256 goal = calls + BURST_CALLS;
        ++bursts;
        // Waiting is not a call, and some steps find nothing to do.
        while (calls < goal && bytes(surprise).length == 0) {
            seed = uint256(keccak256(abi.encode(seed)));
            step(uint8(seed), seed >> 8);
        }
        if (bytes(surprise).length != 0) return;
        try this.checkStatuses() {} catch (bytes memory reason) {
            surprise = string.concat("after a burst: ", vm.toString(reason));
        }
    }

    function perform(uint256 action, uint256 seed) external {
        require(msg.sender == address(this), "only through step");
        _seed(seed);
        if (action == 0) _deposit();
        if (action == 1) _withdraw();
        if (action == 2) _stakeMore(_operator(), _draw(20 * _unit) + 1);
        if (action == 3) _unbond();
        if (action == 4) _withdrawStake();
        if (action < 8 && action > 4) _request(action);
        if (action == 8 || action == 9) _attest(action == 9);
        if (action == 10) _settle();
        if (action == 11) _settleMany();
        if (action == 12) _expire();
        if (action == 13) _equivocate();
        if (action == 14) _openTrial();
        if (action == 15) _resolveTrial();
        if (action == 16) _rollOn(_draw(10) == 0 ? 4 days + _draw(10 days) : _draw(30 minutes));
        if (action == 17) _govern();
        if (action == 18) _donateOrGrief();
        if (action == 19) _retryOrMisbehave();
        if (action == 20) _forge();
        if (action == 21) _replay();
        assertEq(bytes(nuisance.broken()), bytes(""), nuisance.broken());
    }

    /// @notice Ends everything by calls that anybody may make (and the court's ruling of what is on trial), then takes all
    /// stake and balances out (I14).
    function drain() external {
        nuisance.set(Nuisance.Mode.BurnGas);
        for (uint256 i = 0; i < _jobs.length; ++i) {
            if (_jobs[i].status != JobStatus.OnTrial) continue;
            vm.prank(_system.trialCourt);
            ISlasher.Award memory nobody;
            _system.jobs.resolveTrial(_jobs[i].terms, _jobs[i].record, IJobRegistry.TrialOutcome.Void, nobody);
        }
        vm.warp(block.timestamp + 3 days);
        for (uint256 i = 0; i < _jobs.length; ++i) {
            Job storage job = _jobs[i];
            if (job.status == JobStatus.Requested) {
                // Whoever wants a missed offer to end brings what the token keeps of its penalty.
                uint256 penalty = job.terms.offerPenalty;
                _system.token.mint(address(_system.settlement), penalty - _arrives(penalty));
                _system.jobs.expire(job.terms);
            }
            if (job.status == JobStatus.Attested) _system.jobs.settle(job.terms, job.record, _outputDue(job));
            job.status = _system.jobs.stateOf(job.id).status;
            assertTrue(isTerminal(job.status), "I14: a job is left");
        }
        for (uint256 i = 0; i < _operators.length; ++i) {
            address operator = _operators[i];
            uint256 free = _system.staking.stakeOf(operator).free;
            vm.prank(operator);
            if (free != 0) _system.staking.unbond(free);
        }
        vm.warp(block.timestamp + _system.staking.unbondingDelay());
        for (uint256 i = 0; i < _operators.length; ++i) {
            if (_system.staking.unbondingOf(_operators[i]).amount == 0) continue;
            vm.prank(_operators[i]);
            _system.staking.withdraw(_operators[i]);
        }
        for (uint256 i = 0; i < _retired.length; ++i) _system.models.releaseBond(_retired[i].modelId);
        _system.settlement.sweepBurned();
        for (uint256 i = 0; i < _accounts.length; ++i) {
            uint256 balance = _system.settlement.balanceOf(_accounts[i]);
            vm.prank(_accounts[i]);
            _system.settlement.withdraw(_accounts[i], balance);
        }
    }

    /* JOBS */

    function _request(uint256 action) private {
        if (_jobs.length >= JOBS_MAX) return;
        Parameters storage p = _parameters[_version];
        Terms memory terms;
        terms.requester = _requesters[_draw(3)];
        terms.modelId = _modelId;
        terms.fee = uint128(_draw(12) == 0 ? _draw(2) * 500 * _unit : _draw(5 * _unit) + 1);
        terms.stakeAtRisk = uint128(_draw(12) == 0 ? 0 : p.stakeAtRiskMin + _draw(10 * _unit));
        terms.operator = action == 6 ? address(0) : _operator();
        if (action == 7) terms.offerPenalty = uint128(_draw(5 * _unit) + 1);
        CallbackPhase phase = CallbackPhase(_draw(3));
        if (phase != CallbackPhase.None) terms.callbackTarget = address(nuisance);
        terms.options = JobOptionsLib
            .create(
                _draw(2) == 0 ? Availability.Inline : Availability.Blob,
                phase == CallbackPhase.None ? Delivery.None : Delivery.Inline,
                phase,
                phase == CallbackPhase.None ? 0 : 400_000,
                uint32(p.challengeWindowMin + _draw(2 hours)),
                uint40(block.timestamp + p.attestTimeMax - _draw(10 minutes)),
                uint96(++_salt)
            )
            .withVersion(_version);
        terms.inputRoot = VectorTree.rootOfMemory(INPUT);
        _send(terms, action == 7);
    }

    function _send(Terms memory terms, bool offered) private {
        JobId jobId = _system.jobs.jobIdOf(terms);
        bool ok = !_paused && terms.fee != 0 && terms.fee <= _ledger[terms.requester];
        ok = ok && terms.stakeAtRisk >= _parameters[_version].stakeAtRiskMin;
        bytes memory data = abi.encodeCall(IJobRegistry.request, (terms, _inputOf(terms)));
        if (offered) {
            address signing = _draw(10) == 0 ? _operators[0] : terms.operator;
            ok = ok && signing == terms.operator && _ghosts[terms.operator].free >= terms.offerPenalty;
            uint64 expiry = uint64(block.timestamp);
            bytes32 structHash = keccak256(abi.encode(OFFER_TYPEHASH, jobId, terms.offerPenalty, expiry));
            bytes memory signature = signatureOf(_keyOf[_attesterOf[signing]], _registryDigest(structHash));
            data = abi.encodeCall(IJobRegistry.requestWithOffer, (terms, _inputOf(terms), expiry, signature));
        }
        if (!_try(terms.requester, address(_system.jobs), data, ok)) return;
        _ledger[terms.requester] -= terms.fee;
        if (offered) _moveStake(terms.operator, 0, terms.offerPenalty);
        Job storage job = _jobs.push();
        job.id = jobId;
        job.status = JobStatus.Requested;
        job.requestedAt = uint64(block.timestamp);
        job.terms = terms;
        _count(
            offered
                ? "request offer"
                : terms.operator == address(0)
                    ? "request open"
                    : "request direct"
        );
    }

    function _attest(bool bySignature) private {
        Job storage job = _pick(JobStatus.Requested);
        if (job.status == JobStatus.None) return;
        address operator = job.terms.operator;
        if (operator == address(0) || _draw(6) == 0) operator = _operator();
        IJobRegistry.Output memory output = _output(job.terms, _draw(2));
        bool ok = _mayAttest(job, operator);
        bytes memory data = abi.encodeCall(IJobRegistry.attest, (job.terms, output, ""));
        address caller = _attesterOf[operator];
        if (bySignature) {
            bytes memory signature = _signOutput(job, operator, output.root);
            data = abi.encodeCall(IJobRegistry.attestWithSignature, (job.terms, operator, output, "", signature));
            caller = _requesters[0];
        }
        if (!_try(caller, address(_system.jobs), data, ok)) return;
        _moveStake(operator, job.terms.offerPenalty, job.terms.stakeAtRisk);
        job.status = JobStatus.Attested;
        job.output = output.vector;
        job.record = AttestationRecord({
            outputRoot: output.root,
            outputContent: 0,
            operator: operator,
            challengeEnd: uint64(block.timestamp + job.terms.options.challengeWindow())
        });
        if (job.terms.options.callbackPhase() == CallbackPhase.OnAttested) job.delivered = nuisance.accepts();
        _count(bySignature ? "attest by signature" : "attest");
        if (_paused) _count("attest while paused");
    }

    function _mayAttest(Job storage job, address operator) private view returns (bool ok) {
        Terms memory terms = job.terms;
        Ghost storage ghost = _ghosts[operator];
        ok = job.status == JobStatus.Requested && block.timestamp <= terms.options.attestDeadline();
        ok = ok && ghost.locked >= terms.offerPenalty && ghost.free + terms.offerPenalty >= terms.stakeAtRisk;
        if (!ok || terms.operator != address(0)) return ok && terms.operator == operator;
        try _system.jobs.eligibilityOf(terms, operator) returns (bool eligible, uint256) {
            return eligible;
        } catch {
            return false;
        }
    }

    function _settle() private {
        Job storage job = _pick(JobStatus.Attested);
        if (job.status == JobStatus.None) return;
        uint256 before = _balances();
        bytes memory data = abi.encodeCall(IJobRegistry.settle, (job.terms, job.record, _outputDue(job)));
        if (!_try(_account(), address(_system.jobs), data, _maySettle(job))) return;
        _settled(job);
        job.paidOut += _balances() - before;
        _count("settle");
        if (job.terms.options.availability() == Availability.Blob) _count("settle blob input");
        if (_paused) _count("settle while paused");
    }

    function _settleMany() private {
        uint256 count = _draw(6) + 1;
        IJobRegistry.SettleCall[] memory batch = new IJobRegistry.SettleCall[](count);
        bytes[] memory outputs = new bytes[](count);
        uint256 fees = 0;
        uint256 expected = 0;
        if (_jobs.length == 0) return;
        uint256 before = _balances();
        for (uint256 i = 0; i < count; ++i) {
            Job storage job = _pick(JobStatus.Attested);
            (batch[i].terms, batch[i].record, outputs[i]) = (job.terms, job.record, _outputDue(job));
            // The same job twice in one batch is settled once: the model has moved on by then.
            if (!_maySettle(job)) continue;
            _settled(job);
            job.paidOut += job.terms.fee;
            fees += job.terms.fee;
            ++expected;
        }
        vm.prank(_requesters[1]);
        uint256 gas = gasleft();
        uint256 settled = _system.jobs.settleMany(batch, outputs);
        _checkGas(gas - gasleft(), BATCH_GAS + count * ENTRY_GAS);
        assertEq(settled, expected, "settled in a batch");
        assertEq(_balances() - before, fees, "I12: fees of a batch");
        if (settled != 0) _count("settle many");
        if (settled > 1) _count("settle several");
    }

    function _maySettle(Job storage job) private view returns (bool) {
        return job.status == JobStatus.Attested && block.timestamp > job.record.challengeEnd;
    }

    function _settled(Job storage job) private {
        _pay(job);
        job.status = JobStatus.Settled;
        ++job.timesEnded;
        if (job.terms.options.callbackPhase() == CallbackPhase.OnFinal) job.delivered = nuisance.accepts();
        if (!job.delivered && job.terms.callbackTarget != address(0)) _count("callback failed");
    }

    function _expire() private {
        Job storage job = _pick(JobStatus.Requested);
        if (job.status == JobStatus.None) return;
        uint256 before = _balances();
        bool ok = job.status == JobStatus.Requested && block.timestamp > job.terms.options.attestDeadline();
        ok = ok && _isCovered(job.terms.offerPenalty);
        bytes memory data = abi.encodeCall(IJobRegistry.expire, (job.terms));
        if (!_try(_account(), address(_system.jobs), data, ok)) return;
        job.status = JobStatus.Expired;
        ++job.timesEnded;
        _ledger[job.terms.requester] += job.terms.fee;
        if (job.terms.offerPenalty != 0) {
            ISlasher.Award memory nobody;
            _slash(job, job.terms.operator, job.terms.offerPenalty, 0, nobody, [uint256(0), 0, BPS]);
            _count("expire offer");
        }
        job.paidOut += _balances() - before - job.terms.offerPenalty;
        _count("expire");
        // INVARIANT(I34): an input that nobody can fetch is never worse than this.
        if (job.terms.options.availability() == Availability.Blob) _count("expire blob input");
        if (_paused) _count("expire while paused");
    }

    function _retryOrMisbehave() private {
        if (_draw(2) == 0) {
            Job storage target = _pick(JobStatus.Attested);
            if (target.status != JobStatus.None) nuisance.aim(target.terms, target.record, target.output);
            nuisance.set(Nuisance.Mode(_draw(3) == 0 ? 4 : _draw(5)));
            return;
        }
        Job storage job = _pick(JobStatus.Settled);
        if (job.status == JobStatus.None) return;
        CallbackPhase phase = job.terms.options.callbackPhase();
        bool due = job.status == JobStatus.Settled && phase != CallbackPhase.None;
        due = due || (job.status == JobStatus.Attested && phase == CallbackPhase.OnAttested);
        bool ok = due && !job.delivered && nuisance.accepts();
        uint256 delivered = nuisance.calls();
        bytes memory data = abi.encodeCall(IJobRegistry.retryCallback, (job.terms, job.record, job.output));
        if (!_try(_account(), address(_system.jobs), data, ok)) return;
        assertEq(nuisance.calls(), delivered + 1, "delivered once");
        job.delivered = true;
        _count("retry callback");
    }

    /* SIGNATURES */

    /// @notice I17: a signature counts for its chain, registry, type, job, output and operator, and nowhere else.
    function _forge() private {
        Job storage job = _pick(JobStatus.Requested);
        if (job.status == JobStatus.None) return;
        address operator = job.terms.operator == address(0) ? _operator() : job.terms.operator;
        IJobRegistry.Output memory output = _output(job.terms, _draw(2));
        uint256 key = _keyOf[_attesterOf[operator]];
        bytes32 structHash = keccak256(abi.encode(ATTESTATION_TYPEHASH, job.id, output.root, bytes32(0), operator));
        bytes memory signature = new bytes(65);
        uint256 chain = block.chainid;
        uint256 kind = _draw(9);
        if (kind < 2) {
            vm.chainId(chain + 1);
            signature = signatureOf(key, _registryDigest(structHash));
            // Or all of it on the other chain: there is no such job there.
            if (kind == 0) vm.chainId(chain);
        } else if (kind == 2) {
            signature = signatureOf(key, _digest("Remit JobRegistry", address(this), structHash));
        } else if (kind == 3) {
            signature = signatureOf(key, _stakingDigest(structHash));
        } else if (kind == 4) {
            structHash = keccak256(abi.encode(OFFER_TYPEHASH, job.id, output.root, bytes32(0), operator));
            signature = signatureOf(key, _registryDigest(structHash));
        } else if (kind == 5) {
            // For another operator's name, or another output.
            address other = _operators[0] == operator ? _operators[2] : _operators[0];
            bool renamed = _draw(2) == 0;
            signature = _signOutput(job, renamed ? other : operator, renamed ? output.root : ~output.root);
        } else if (kind == 6) {
            JobId another = JobId.wrap(~JobId.unwrap(job.id));
            signature = signatureOf(key, _system.jobs.attestationDigest(another, output.root, 0, operator));
        } else if (kind == 7) {
            // In this operator's name, by the key of one that might answer itself.
            key = _keyOf[_attesterOf[_operators[0] == operator ? _operators[2] : _operators[0]]];
            signature = signatureOf(key, _registryDigest(structHash));
        }
        bytes memory data = abi.encodeCall(
            IJobRegistry.attestWithSignature,
            (job.terms, operator, output, "", signature)
        );
        _try(_account(), address(_system.jobs), data, false);
        vm.chainId(chain);
        _count("forge");
    }

    /// @notice I11, I18: what was requested or offered once is never requested again under the same terms.
    function _replay() private {
        if (_jobs.length == 0) return;
        Job storage job = _jobs[_draw(_jobs.length)];
        // Under newer parameters the same words are another job.
        if (job.terms.options.parametersVersion() != _version) return;
        Terms memory terms = job.terms;
        bytes memory data = abi.encodeCall(IJobRegistry.request, (terms, _inputOf(terms)));
        if (terms.offerPenalty != 0) {
            uint64 expiry = uint64(block.timestamp);
            bytes32 structHash = keccak256(abi.encode(OFFER_TYPEHASH, job.id, terms.offerPenalty, expiry));
            bytes memory signature = signatureOf(_keyOf[_attesterOf[terms.operator]], _registryDigest(structHash));
            data = abi.encodeCall(IJobRegistry.requestWithOffer, (terms, _inputOf(terms), expiry, signature));
        }
        _try(terms.requester, address(_system.jobs), data, false);
        _count("replay");
    }

    /* COURTS */

    function _equivocate() private {
        Job storage job = _pick(JobStatus.Attested);
        if (job.status == JobStatus.None) return;
        bool answered = job.record.operator != address(0);
        address operator = answered && _draw(4) != 0 ? job.record.operator : _operator();
        bytes32 fact = keccak256(abi.encode(job.id, operator));
        uint256 before = _balances();
        (bytes memory data, bool differs) = _evidence(job, operator, _draw(2) == 0);
        bool ok = differs && !_proven[fact];
        ok = ok && _isCovered(_slashable(operator, _lockedFor(job, operator), job.terms.stakeAtRisk));
        if (!_try(_reporter, address(_system.court), data, ok)) return;
        _proven[fact] = true;
        if (job.slashed != 0 || job.status == JobStatus.OnTrial) _count("double dispute");
        uint256 slashed = _punish(job, operator);
        job.paidOut += _balances() - before - slashed;
        _count("equivocate");
    }

    function _evidence(
        Job storage job,
        address operator,
        bool againstRecord
    ) private view returns (bytes memory data, bool holds) {
        SignedOutput memory first = SignedOutput(_root(0), 0, "");
        SignedOutput memory second = SignedOutput(_root(1), 0, _signOutput(job, operator, _root(1)));
        if (againstRecord) first.outputRoot = job.record.outputRoot;
        else first.signature = _signOutput(job, operator, first.outputRoot);
        holds = first.outputRoot != second.outputRoot && (!againstRecord || job.record.operator == operator);
        data = abi.encodeCall(IEquivocationCourt.prove, (job.terms, job.record, operator, first, second));
    }

    /// @dev What an equivocation takes of the job's lock.
    function _lockedFor(Job storage job, address operator) private view returns (uint256) {
        return job.status == JobStatus.Attested && job.record.operator == operator ? job.terms.stakeAtRisk : 0;
    }

    function _punish(Job storage job, address operator) private returns (uint256 slashed) {
        uint256 locked = _lockedFor(job, operator);
        if (locked != 0) {
            job.status = JobStatus.Slashed;
            ++job.timesEnded;
            _ledger[job.terms.requester] += job.terms.fee;
            _count("slash equivocation");
        }
        slashed = _slashedTotal;
        ISlasher.Award memory award = ISlasher.Award(address(0), 0, _reporter, 0);
        _slash(job, operator, locked, job.terms.stakeAtRisk, award, [uint256(0), 2_500, 2_500]);
        return _slashedTotal - slashed;
    }

    function _openTrial() private {
        Job storage job = _pick(JobStatus.Attested);
        if (job.status == JobStatus.None) return;
        bool ok = job.status == JobStatus.Attested && block.timestamp <= job.record.challengeEnd;
        bytes memory data = abi.encodeCall(IJobRegistry.openTrial, (job.terms, job.record));
        if (!_try(_system.trialCourt, address(_system.jobs), data, ok)) return;
        job.status = JobStatus.OnTrial;
        if (job.slashed != 0) _count("double dispute");
        _count("open trial");
    }

    function _resolveTrial() private {
        Job storage job = _pick(JobStatus.OnTrial);
        if (job.status == JobStatus.None) return;
        IJobRegistry.TrialOutcome outcome = IJobRegistry.TrialOutcome(_draw(4));
        ISlasher.Award memory award = ISlasher.Award(
            _draw(4) == 0 ? address(0) : _reporter,
            uint128(_draw(2 * _unit)),
            _draw(4) == 0 ? address(0) : _requesters[2],
            uint128(_draw(2 * _unit))
        );
        uint256 slashed = 0;
        if (outcome == IJobRegistry.TrialOutcome.Convicted) slashed = job.terms.stakeAtRisk;
        if (outcome == IJobRegistry.TrialOutcome.Void) {
            slashed = uint256(award.openerCosts) + award.proverCosts;
            if (slashed > job.terms.stakeAtRisk) slashed = job.terms.stakeAtRisk;
        }
        bool ok = job.status == JobStatus.OnTrial && outcome != IJobRegistry.TrialOutcome.None && _isCovered(slashed);
        bytes memory data = abi.encodeCall(IJobRegistry.resolveTrial, (job.terms, job.record, outcome, award));
        uint256 before = _balances();
        if (!_try(_system.trialCourt, address(_system.jobs), data, ok)) return;
        ++job.timesEnded;
        if (outcome == IJobRegistry.TrialOutcome.Acquitted) {
            _pay(job);
            job.status = JobStatus.Settled;
            _count("acquit");
        } else {
            _ledger[job.terms.requester] += job.terms.fee;
            if (outcome == IJobRegistry.TrialOutcome.Void) {
                _moveStake(job.record.operator, job.terms.stakeAtRisk, 0);
                _slash(job, job.record.operator, 0, slashed, award, [uint256(0), 0, 0]);
                job.status = JobStatus.Void;
                _count("void");
            } else {
                _slash(job, job.record.operator, slashed, 0, award, [uint256(1_000), 2_000, 2_000]);
                job.status = JobStatus.Slashed;
                _count("convict");
            }
        }
        job.paidOut += _balances() - before - slashed;
    }

    /* SUPPORT */

    /// @notice I11: every job has the status the model gave it.
    function checkStatuses() external view {
        for (uint256 i = 0; i < _jobs.length; ++i) {
            IJobRegistry.JobState memory state = _system.jobs.stateOf(_jobs[i].id);
            assertEq(uint256(state.status), uint256(_jobs[i].status), "I11: status");
            assertEq(state.delivered, _jobs[i].delivered, "delivered");
        }
    }

    /// @dev Any job, in three of four draws one with the wanted status where there is one; an empty one when there is none.
    function _pick(JobStatus wanted) private returns (Job storage job) {
        if (_jobs.length == 0) {
            job = _noJob[0];
            return job;
        }
        uint256 start = _draw(_jobs.length);
        job = _jobs[start];
        if (_draw(4) == 0) return job;
        for (uint256 i = 0; i < _jobs.length; ++i) {
            if (_jobs[(start + i) % _jobs.length].status == wanted) return _jobs[(start + i) % _jobs.length];
        }
    }

    /// @dev What is sent along: the vector, or the digest under which whoever has it may find it.
    function _inputOf(Terms memory terms) private pure returns (bytes memory) {
        return terms.options.availability() == Availability.Blob ? abi.encodePacked(sha256(INPUT)) : INPUT;
    }

    function _outputDue(Job storage job) private view returns (bytes memory) {
        return job.terms.options.callbackPhase() == CallbackPhase.OnFinal ? job.output : bytes("");
    }

    function _output(Terms memory terms, uint256 variant) private pure returns (IJobRegistry.Output memory output) {
        output.root = _root(variant);
        if (terms.options.delivery() == Delivery.Inline) output.vector = _vector(variant);
    }

    function _vector(uint256 variant) private pure returns (bytes memory) {
        return abi.encodePacked(uint32(0x3f000000 + variant));
    }

    function _root(uint256 variant) private pure returns (bytes32) {
        return VectorTree.rootOfMemory(_vector(variant));
    }

    function _signOutput(Job storage job, address operator, bytes32 root) private view returns (bytes memory) {
        return signatureOf(_keyOf[_attesterOf[operator]], _system.jobs.attestationDigest(job.id, root, 0, operator));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISlasher} from "../../../contracts/interfaces/ISlasher.sol";
import {AttestationRecord, JobId, JobStatus, Terms} from "../../../contracts/types/Job.sol";
import {ModelId} from "../../../contracts/types/Model.sol";
import {Parameters} from "../../../contracts/types/Parameters.sol";
import {System} from "./SystemTest.sol";
import {Test} from "./Test.sol";

/// @notice What a campaign believes about the chain: a second, naive ledger that follows every successful action, and ghost
/// variables that the contracts do not keep.
abstract contract CampaignModel is Test {
    uint256 internal constant BPS = 10_000;
    address internal constant BURN = 0x000000000000000000000000000000000000dEaD;

    /// @notice A job as the model sees it.
    struct Job {
        JobId id;
        JobStatus status;
        bool delivered;
        uint64 requestedAt;
        Terms terms;
        AttestationRecord record;
        bytes output;
        /// what left escrow again, measured at the ledger
        uint256 paidOut;
        uint256 timesEnded;
        /// what the operators of this job lost over it
        uint256 slashed;
        uint256 slashLimit;
    }

    /// @notice An operator's stake as the model sees it.
    struct Ghost {
        uint256 free;
        uint256 locked;
        uint256 unbonding;
        uint256 releaseAt;
        uint256 unbondedAt;
        uint256 deposited;
        uint256 withdrawn;
        uint256 slashed;
    }

    System internal _system;
    /// @dev One whole token.
    uint256 internal _unit;
    /// @notice Calls made into the protocol, those included that had to fail.
    uint256 public calls;
    /// @notice The most gas that one call took.
    uint256 public gasMax;
    Job[] internal _jobs;
    address[] internal _accounts;
    address[] internal _requesters;
    address[] internal _operators;
    mapping(address => uint256) internal _keyOf;
    mapping(address => uint256) internal _ledger;
    mapping(address => Ghost) internal _ghosts;
    mapping(bytes32 => bool) internal _proven;
    mapping(uint32 => Parameters) internal _parameters;
    uint32 internal _version = 1;
    bool internal _paused;
    bool internal _mayExit = true;
    uint256 internal _bonded;
    uint256 internal _donatedToSettlement;
    uint256 internal _donatedToStaking;
    uint256 internal _slashedTotal;
    uint256 internal _awardedTotal;
    uint256 internal _burnedTotal;

    /// @notice The first thing that went otherwise than the model said; empty while all is well.
    string public surprise;
    /// @notice How often each action succeeded.
    mapping(string => uint256) public successes;

    /* WHAT INVARIANTS READ */

    function system() external view returns (System memory) {
        return _system;
    }

    function accounts() external view returns (address[] memory) {
        return _accounts;
    }

    function operators() external view returns (address[] memory) {
        return _operators;
    }

    function ledgerOf(address account) external view returns (uint256) {
        return _ledger[account];
    }

    function ghostOf(address operator) external view returns (Ghost memory) {
        return _ghosts[operator];
    }

    function jobCount() external view returns (uint256) {
        return _jobs.length;
    }

    function jobAt(uint256 index) external view returns (Job memory) {
        return _jobs[index];
    }

    function parametersOf(uint32 version) external view returns (Parameters memory) {
        return _parameters[version];
    }

    function currentVersion() external view returns (uint32) {
        return _version;
    }

    function bonded() external view returns (uint256) {
        return _bonded;
    }

    function donations() external view returns (uint256 toSettlement, uint256 toStaking) {
        return (_donatedToSettlement, _donatedToStaking);
    }

    function slashTotals() external view returns (uint256 slashed, uint256 awarded, uint256 burned) {
        return (_slashedTotal, _awardedTotal, _burnedTotal);
    }

    /// @notice Fees of all jobs that have not ended.
    function escrowed() public view returns (uint256 sum) {
        for (uint256 i = 0; i < _jobs.length; ++i) {
            if (!isTerminal(_jobs[i].status)) sum += _jobs[i].terms.fee;
        }
    }

    /// @notice What the live jobs of an operator hold of its stake.
    function locksOf(address operator) external view returns (uint256 sum) {
        for (uint256 i = 0; i < _jobs.length; ++i) {
            Job storage job = _jobs[i];
            if (job.status == JobStatus.Requested && job.terms.operator == operator) sum += job.terms.offerPenalty;
            bool answered = job.status == JobStatus.Attested || job.status == JobStatus.OnTrial;
            if (answered && job.record.operator == operator) sum += job.terms.stakeAtRisk;
        }
    }

    function isTerminal(JobStatus status) public pure returns (bool) {
        return uint8(status) >= uint8(JobStatus.Settled);
    }

    /* MOVES OF THE MODEL */

    function _moveStake(address operator, uint256 unlocked, uint256 locked) internal {
        Ghost storage ghost = _ghosts[operator];
        ghost.free = ghost.free + unlocked - locked;
        ghost.locked = ghost.locked + locked - unlocked;
    }

    /// @dev Fee shares round down, the operator has the rest.
    function _pay(Job storage job) internal {
        Parameters storage p = _parameters[job.terms.options.parametersVersion()];
        uint256 fee = job.terms.fee;
        address publisher = _system.models.recordOf(job.terms.modelId).publisher;
        uint256 publisherAmount = (fee * _publisherFeeBps(job.terms.modelId)) / BPS;
        uint256 treasuryAmount = (fee * p.protocolFeeBps) / BPS;
        _ledger[publisher] += publisherAmount;
        _ledger[p.treasury] += treasuryAmount;
        _ledger[job.record.operator] += fee - publisherAmount - treasuryAmount;
        _moveStake(job.record.operator, job.terms.stakeAtRisk, 0);
    }

    function _slash(
        Job storage job,
        address operator,
        uint256 locked,
        uint256 extra,
        ISlasher.Award memory award,
        uint256[3] memory sharesBps
    ) internal {
        Ghost storage ghost = _ghosts[operator];
        uint256 fromFree = extra < ghost.free ? extra : ghost.free;
        uint256 fromUnbonding = extra - fromFree < ghost.unbonding ? extra - fromFree : ghost.unbonding;
        ghost.locked -= locked;
        ghost.free -= fromFree;
        ghost.unbonding -= fromUnbonding;
        uint256 amount = locked + fromFree + fromUnbonding;
        ghost.slashed += amount;
        job.slashed += amount;
        job.slashLimit += locked + extra;
        _slashedTotal += amount;
        // What a token kept on the way to the ledger is made up for by tokens that are nobody's, or there is no slash.
        _donatedToSettlement -= amount - _arrives(amount);
        _split(job, amount, award, sharesBps);
    }

    /// @dev What a slash of these parts takes.
    function _slashable(address operator, uint256 locked, uint256 extra) internal view returns (uint256) {
        Ghost storage ghost = _ghosts[operator];
        uint256 loose = ghost.free + ghost.unbonding;
        return locked + (extra < loose ? extra : loose);
    }

    /// @dev INVARIANT(I2): a slash counts only if the ledger can pay what it credits.
    function _isCovered(uint256 slashed) internal returns (bool covered) {
        covered = slashed - _arrives(slashed) <= _donatedToSettlement;
        if (!covered) ++successes["slash uncovered"];
    }

    /// @dev What of a transfer arrives.
    function _arrives(uint256 amount) internal view virtual returns (uint256) {
        return amount;
    }

    function _split(Job storage job, uint256 amount, ISlasher.Award memory award, uint256[3] memory sharesBps) private {
        uint256 opener = award.openerCosts < amount ? award.openerCosts : amount;
        uint256 prover = award.proverCosts < amount - opener ? award.proverCosts : amount - opener;
        uint256 rest = amount - opener - prover;
        opener += (rest * sharesBps[0]) / BPS;
        prover += (rest * sharesBps[1]) / BPS;
        if (award.opener == address(0)) opener = 0;
        if (award.prover == address(0)) prover = 0;
        uint256 requester = (rest * sharesBps[2]) / BPS;
        _ledger[award.opener] += opener;
        _ledger[award.prover] += prover;
        _ledger[job.terms.requester] += requester;
        _ledger[BURN] += amount - opener - prover - requester;
        _awardedTotal += opener + prover + requester;
        _burnedTotal += amount - opener - prover - requester;
    }

    function _publisherFeeBps(ModelId modelId) internal view virtual returns (uint256);
}

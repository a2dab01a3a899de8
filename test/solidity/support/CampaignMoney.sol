// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IOperatorStaking} from "../../../contracts/interfaces/IOperatorStaking.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {InputSpec, ModelId, ModelSpec, OutputKind, OutputSpec} from "../../../contracts/types/Model.sol";
import {Parameters} from "../../../contracts/types/Parameters.sol";
import {CampaignModel} from "./CampaignModel.sol";
import {System} from "./SystemTest.sol";

/// @notice Who takes part in a campaign, and everything they do that is not about one job: balances, stake, bonds, parameters,
/// donations, and calls they have no right to.
abstract contract CampaignMoney is CampaignModel {
    uint256 private constant PUBLISHER_FEE_BPS = 777;
    /// @dev I22; unlimited where the token itself calls others.
    uint256 private immutable _GAS_MAX;

    /// @dev A model whose bond is still held.
    struct Retired {
        ModelId modelId;
        uint256 bond;
        uint256 releaseAt;
    }

    Retired[] internal _retired;
    address internal _publisher;
    address internal _secondTreasury;
    address internal _reporter;
    mapping(address operator => address) internal _attesterOf;
    uint256 internal _salt;
    /// @dev Consumed by `_draw`, so that one seed decides a whole action.
    uint256 private _entropy;

    constructor(System memory system_, uint256 gasMax_) {
        _GAS_MAX = gasMax_;
        (_system, _unit) = (system_, system_.unit);
        _parameters[1] = _system.jobs.parametersOf(1);
        for (uint256 i = 0; i < 3; ++i) _requesters.push(_actor(string.concat("requester ", vm.toString(i))));
        for (uint256 i = 0; i < 4; ++i) _operators.push(_actor(string.concat("operator ", vm.toString(i))));
        _publisher = _actor("publisher");
        _accounts.push(_system.treasury);
        _accounts.push(BURN);
        _secondTreasury = _actor("second treasury");
        _reporter = _actor("reporter");
    }

    /* BALANCES AND STAKE */

    function _deposit() internal {
        _credit(_account(), _draw(20 * _unit) + 1);
        _count("deposit");
    }

    function _credit(address account, uint256 amount) internal {
        _system.token.mint(account, amount);
        vm.prank(account);
        _system.token.approve(address(_system.settlement), amount);
        vm.prank(account);
        _system.settlement.deposit(account, amount);
        ++calls;
        _ledger[account] += _arrives(amount);
    }

    function _withdraw() internal {
        address account = _account();
        if (account == BURN || _draw(4) == 0) {
            _system.settlement.sweepBurned();
            ++calls;
            _ledger[BURN] = 0;
            return _count("sweep");
        }
        uint256 amount = _draw(8) == 0 ? _draw(400 * _unit) : _draw(_ledger[account] / 4 + 1);
        bytes memory data = abi.encodeCall(ISettlement.withdraw, (account, amount));
        if (!_try(account, address(_system.settlement), data, amount <= _ledger[account])) return;
        _ledger[account] -= amount;
        if (amount != 0) _count("withdraw");
    }

    function _stakeMore(address operator, uint256 amount) internal {
        _system.token.mint(operator, amount);
        vm.prank(operator);
        _system.token.approve(address(_system.staking), amount);
        vm.prank(operator);
        _system.staking.deposit(amount);
        ++calls;
        _ghosts[operator].free += _arrives(amount);
        _ghosts[operator].deposited += _arrives(amount);
        _count("stake");
    }

    function _unbond() internal {
        address operator = _operator();
        Ghost storage ghost = _ghosts[operator];
        uint256 amount = _draw(8) == 0 ? _draw(200 * _unit) : _draw(ghost.free / 4 + 1);
        bytes memory data = abi.encodeCall(IOperatorStaking.unbond, (amount));
        if (!_try(operator, address(_system.staking), data, amount != 0 && amount <= ghost.free)) return;
        ghost.free -= amount;
        ghost.unbonding += amount;
        ghost.releaseAt = block.timestamp + _system.staking.unbondingDelay();
        ghost.unbondedAt = block.timestamp;
        _count("unbond");
        if (_paused) _count("unbond while paused");
    }

    function _withdrawStake() internal {
        address operator = _operator();
        Ghost storage ghost = _ghosts[operator];
        bool ok = ghost.unbonding != 0 && block.timestamp >= ghost.releaseAt;
        bytes memory data = abi.encodeCall(IOperatorStaking.withdraw, (operator));
        if (!_try(operator, address(_system.staking), data, ok)) return;
        // I6: every job that could reach this stake when it left has ended its window.
        for (uint256 i = 0; i < _jobs.length; ++i) {
            Job storage job = _jobs[i];
            if (job.record.operator != operator || job.requestedAt > ghost.unbondedAt) continue;
            if (block.timestamp <= job.record.challengeEnd) _mayExit = false;
        }
        ghost.withdrawn += ghost.unbonding;
        ghost.unbonding = 0;
        _count("withdraw stake");
    }

    /// @notice False once stake has left before the liability it stood for had ended.
    function exitsWereSafe() external view returns (bool) {
        return _mayExit;
    }

    /* GOVERNANCE, DONOR, GRIEFER */

    function _govern() internal {
        uint256 choice = _draw(5);
        if (choice < 4) {
            _paused = choice < 2;
            ++calls;
            if (_paused) _system.jobs.pauseRequests();
            else _system.jobs.unpauseRequests();
            return _count(_paused ? "pause" : "unpause");
        }
        Parameters memory p = _parameters[_version];
        p.attestTimeMax = uint32(10 minutes + _draw(2 hours));
        p.challengeWindowMin = uint32(60 + _draw(10 minutes));
        p.protocolFeeBps = uint16(_draw(1_500));
        p.stakeAtRiskMin = uint88(_draw(_unit));
        p.treasury = _draw(2) == 0 ? _system.treasury : _secondTreasury;
        p.ladderWidth = uint16(_draw(4));
        bool ok = p.protocolFeeBps <= 1_000 && p.stakeAtRiskMin != 0 && p.ladderWidth != 0;
        bytes memory data = abi.encodeCall(_system.jobs.setParameters, (p));
        if (!_try(address(this), address(_system.jobs), data, ok)) return;
        _parameters[++_version] = p;
        _count("set parameters");
    }

    function _donateOrGrief() internal {
        uint256 choice = _draw(3);
        if (choice == 0) {
            uint256 amount = _draw(5 * _unit) + 1;
            if (_draw(2) == 0) {
                _system.token.mint(address(_system.settlement), amount);
                _donatedToSettlement += amount;
            } else {
                _system.token.mint(address(_system.staking), amount);
                _donatedToStaking += amount;
            }
            vm.deal(address(_system.settlement), _draw(1 ether));
            vm.deal(address(_system.staking), _draw(1 ether));
            return _count("donate");
        }
        if (choice == 1) return _bondAndRelease();
        (address target, bytes memory data) = _privilegedCall();
        _try(_draw(2) == 0 ? _requesters[0] : _operators[1], target, data, false);
        _count("grief");
    }

    /// @dev Another model with a bond, registered and retired at once; its bond comes back after the delay.
    function _bondAndRelease() internal {
        if (_retired.length != 0 && _draw(2) == 0) {
            Retired storage last = _retired[_retired.length - 1];
            bool due = block.timestamp >= last.releaseAt;
            bytes memory release = abi.encodeCall(IModelRegistry.releaseBond, (last.modelId));
            if (!_try(_requesters[0], address(_system.models), release, due)) return;
            _ledger[_publisher] += last.bond;
            _bonded -= last.bond;
            assertEq(_system.settlement.bondOf(ModelId.unwrap(last.modelId)), 0, "I1: a bond is paid out once");
            _retired.pop();
            return _count("release bond");
        }
        uint256 bond = _draw(3 * _unit) + 1;
        _system.models.setPublisherBond(bond);
        ++calls;
        ModelSpec memory spec = _spec();
        spec.onnxSha256 = keccak256(abi.encode(++_salt));
        bytes memory data = abi.encodeCall(IModelRegistry.register, (spec));
        if (!_try(_publisher, address(_system.models), data, bond <= _ledger[_publisher])) return;
        _ledger[_publisher] -= bond;
        _bonded += bond;
        ModelId modelId = _system.models.modelIdOf(spec);
        vm.prank(_publisher);
        _system.models.retire(modelId);
        ++calls;
        _retired.push(Retired(modelId, bond, block.timestamp + _system.models.bondReleaseDelay()));
        _count("bond");
    }

    function _privilegedCall() internal returns (address, bytes memory) {
        address who = _requesters[0];
        uint256 choice = _draw(10);
        address jobs = address(_system.jobs);
        address staking = address(_system.staking);
        address vault = address(_system.settlement);
        if (choice == 0) return (vault, abi.encodeCall(ISettlement.refund, (who, 1)));
        if (choice == 1) return (vault, abi.encodeCall(ISettlement.escrow, (_operators[0], 1)));
        if (choice == 2) return (vault, abi.encodeCall(ISettlement.pay, (who, 1, who, 1, who, 1)));
        if (choice == 3) return (vault, abi.encodeCall(ISettlement.releaseBond, (bytes32(0), who, 0)));
        if (choice == 4) {
            return (vault, abi.encodeCall(ISettlement.creditSlash, (new address[](0), new uint256[](0), 0)));
        }
        if (choice == 5) return (staking, abi.encodeCall(IOperatorStaking.unlock, (_operators[1], 0)));
        if (choice == 6) return (staking, abi.encodeCall(IOperatorStaking.slash, (_operators[0], 0, 1)));
        if (choice == 7) {
            return (staking, abi.encodeCall(IOperatorStaking.lockByKey, (_attesterOf[_operators[0]], 0, 0)));
        }
        if (choice == 8) return (jobs, abi.encodeCall(_system.jobs.setParameters, (_parameters[_version])));
        return (jobs, abi.encodeCall(_system.jobs.pauseRequests, ()));
    }

    /* SUPPORT */

    /// @dev INVARIANT(I5): a call fails only where the model says so, whatever state the system is in.
    function _try(address caller, address target, bytes memory data, bool expected) internal returns (bool ok) {
        bytes memory answer;
        vm.prank(caller);
        uint256 gas = gasleft();
        (ok, answer) = target.call(data);
        _checkGas(gas - gasleft(), _GAS_MAX);
        if (ok != expected) {
            revert AssertionFailed(
                string.concat(expected ? "failed: " : "succeeded: ", vm.toString(data), " -> ", vm.toString(answer))
            );
        }
        // 0x4e487b71: a panic is never an answer
        if (!ok && answer.length >= 4) assertNotEq(bytes32(bytes4(answer)), bytes32(bytes4(0x4e487b71)), "I5: panic");
    }

    /// @dev INVARIANT(I22): whatever the state, no call takes more.
    function _checkGas(uint256 used, uint256 limit) internal {
        ++calls;
        if (used > gasMax) gasMax = used;
        assertLe(used, limit, "I22: gas");
    }

    function _balances() internal view returns (uint256 sum) {
        for (uint256 i = 0; i < _accounts.length; ++i) sum += _system.settlement.balanceOf(_accounts[i]);
    }

    function _registryDigest(bytes32 structHash) internal view returns (bytes32) {
        return _digest("Remit JobRegistry", address(_system.jobs), structHash);
    }

    function _stakingDigest(bytes32 structHash) internal view returns (bytes32) {
        return _digest("Remit OperatorStaking", address(_system.staking), structHash);
    }

    function _digest(string memory name, address verifier, bytes32 structHash) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        );
        bytes32 domain = keccak256(
            abi.encode(typeHash, keccak256(bytes(name)), keccak256("1"), block.chainid, verifier)
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _spec() internal view returns (ModelSpec memory spec) {
        spec.semanticsVersion = 1;
        spec.inputs = new InputSpec[](1);
        spec.inputs[0].length = 2;
        spec.outputs = new OutputSpec[](1);
        spec.outputs[0].length = 1;
        spec.outputs[0].kind = OutputKind.Continuous;
        spec.onnxSha256 = keccak256("model");
        spec.publisher = _publisher;
        spec.publisherFeeBps = uint16(PUBLISHER_FEE_BPS);
    }

    function _publisherFeeBps(ModelId) internal pure override returns (uint256) {
        return PUBLISHER_FEE_BPS;
    }

    function _actor(string memory name) internal returns (address account) {
        uint256 key;
        (account, key) = actor(name);
        _keyOf[account] = key;
        _accounts.push(account);
    }

    function _operator() internal returns (address) {
        return _operators[_draw(_operators.length)];
    }

    function _account() internal returns (address) {
        return _accounts[_draw(_accounts.length)];
    }

    /// @dev A number below `limit`, out of the seed.
    function _draw(uint256 limit) internal returns (uint256 drawn) {
        _entropy = uint256(keccak256(abi.encode(_entropy)));
        return _entropy % limit;
    }

    function _rollOn(uint256 secs) internal {
        vm.warp(block.timestamp + secs);
        vm.roll(block.number + 1 + secs / 12);
        _count("warp");
    }

    function _count(string memory action) internal {
        ++successes[action];
    }

    function _seed(uint256 seed) internal {
        _entropy = seed;
    }
}

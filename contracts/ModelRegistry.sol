// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {InputSpec, ModelId, ModelRecord, ModelSpec, ModelStatus, OutputKind, OutputSpec} from "./types/Model.sol";

/// @notice See `IModelRegistry`.
contract ModelRegistry is IModelRegistry, AccessManaged {
    using SafeCast for uint256;

    /// @notice The arithmetic that judges here: exactly rounded float32.
    uint32 public constant SEMANTICS_VERSION = 1;
    uint256 public constant PUBLISHER_FEE_BPS_MAX = 3_000;
    /// @notice Inputs and outputs of one vector start at multiples of this many elements.
    uint256 private constant ALIGNMENT = 64;
    /// @dev Graph inputs or outputs of one model, at most.
    uint256 private constant TENSORS_MAX = 64;

    ISettlement public immutable settlement;
    /// @notice Seconds between `retire` and `releaseBond`: at least the longest life of a job.
    uint256 public immutable bondReleaseDelay;
    uint256 public immutable publisherBondMax;
    /// @notice The only caller of `condemn`; zero in a deployment without a court.
    address public immutable trialCourt;

    mapping(ModelId modelId => ModelRecord) private _records;
    mapping(ModelId modelId => uint64 timestamp) private _bondReleaseAt;
    uint256 public publisherBond;

    constructor(
        address authority,
        ISettlement settlement_,
        address trialCourt_,
        uint256 bondReleaseDelay_,
        uint256 publisherBondMax_
    ) AccessManaged(authority) {
        settlement = settlement_;
        trialCourt = trialCourt_;
        bondReleaseDelay = bondReleaseDelay_;
        publisherBondMax = publisherBondMax_;
    }

    /* VIEWS */

    function modelIdOf(ModelSpec calldata spec) public pure returns (ModelId) {
        return ModelId.wrap(keccak256(abi.encode(spec)));
    }

    function recordOf(ModelId modelId) external view returns (ModelRecord memory) {
        return _records[modelId];
    }

    function lengthsOf(ModelId modelId) external view returns (bool active, uint256 inputLength, uint256 outputLength) {
        ModelRecord storage record = _records[modelId];
        return (record.status == ModelStatus.Active, record.inputLength, record.outputLength);
    }

    function isTriable(ModelId modelId) external view returns (bool) {
        return _records[modelId].triable;
    }

    /* PUBLISHERS */

    function register(ModelSpec calldata spec) external returns (ModelId modelId) {
        if (spec.publisher != msg.sender) revert ModelRegistryNotPublisher(msg.sender, spec.publisher);
        if (spec.semanticsVersion != SEMANTICS_VERSION) {
            revert ModelRegistryUnsupportedSemantics(spec.semanticsVersion);
        }
        if (spec.publisherFeeBps > PUBLISHER_FEE_BPS_MAX) {
            revert ModelRegistryFeeTooHigh(spec.publisherFeeBps, PUBLISHER_FEE_BPS_MAX);
        }
        if (spec.onnxSha256 == 0) revert ModelRegistryInvalidFile();
        bool triable = spec.planRoot != 0;
        if (triable != (spec.planLength != 0) || triable != (spec.traceLength != 0)) revert ModelRegistryInvalidPlan();
        modelId = modelIdOf(spec);
        if (_records[modelId].status != ModelStatus.None) revert ModelRegistryAlreadyRegistered(modelId);

        _records[modelId] = ModelRecord({
            status: ModelStatus.Active,
            triable: triable,
            publisherFeeBps: spec.publisherFeeBps,
            inputLength: _inputLength(spec.inputs),
            outputLength: _outputLength(spec.outputs),
            publisher: msg.sender
        });
        emit ModelRegistered(modelId, msg.sender, triable, spec);
        uint256 bond = publisherBond;
        if (bond != 0) settlement.bond(ModelId.unwrap(modelId), msg.sender, bond);
    }

    function retire(ModelId modelId) external {
        ModelRecord storage record = _records[modelId];
        if (record.status == ModelStatus.None) revert ModelRegistryUnknownModel(modelId);
        if (record.publisher != msg.sender) revert ModelRegistryNotPublisher(msg.sender, record.publisher);
        if (record.status != ModelStatus.Active) revert ModelRegistryNotActive(modelId);
        record.status = ModelStatus.Retired;
        uint64 releaseAt = (block.timestamp + bondReleaseDelay).toUint64();
        _bondReleaseAt[modelId] = releaseAt;
        emit ModelRetired(modelId, releaseAt);
    }

    function releaseBond(ModelId modelId) external {
        ModelRecord storage record = _records[modelId];
        if (record.status != ModelStatus.Retired) revert ModelRegistryNotRetired(modelId);
        uint256 releaseAt = _bondReleaseAt[modelId];
        if (block.timestamp < releaseAt) revert ModelRegistryBondLocked(modelId, releaseAt);
        bytes32 key = ModelId.unwrap(modelId);
        settlement.releaseBond(key, record.publisher, settlement.bondOf(key));
    }

    /* COURT */

    function condemn(ModelId modelId) external {
        if (msg.sender != trialCourt) revert ModelRegistryUnauthorized(msg.sender);
        _records[modelId].status = ModelStatus.Condemned;
        emit ModelCondemned(modelId);
    }

    /* GOVERNANCE */

    function setPublisherBond(uint256 newBond) external restricted {
        if (newBond > publisherBondMax) revert ModelRegistryBondTooHigh(newBond, publisherBondMax);
        publisherBond = newBond;
        emit PublisherBondSet(newBond);
    }

    /* INTERNAL */

    /// @dev Elements of the whole vector: every tensor starts aligned, the last one ends it.
    function _inputLength(InputSpec[] calldata inputs) private pure returns (uint32) {
        if (inputs.length == 0 || inputs.length > TENSORS_MAX) revert ModelRegistryInvalidInput(inputs.length);
        uint256 end = 0;
        for (uint256 i = 0; i < inputs.length; ++i) {
            if (inputs[i].length == 0) revert ModelRegistryInvalidInput(i);
            end = _aligned(end) + inputs[i].length;
        }
        return end.toUint32();
    }

    function _outputLength(OutputSpec[] calldata outputs) private pure returns (uint32) {
        if (outputs.length == 0 || outputs.length > TENSORS_MAX) revert ModelRegistryInvalidOutput(outputs.length);
        uint256 end = 0;
        for (uint256 i = 0; i < outputs.length; ++i) {
            if (outputs[i].length == 0 || outputs[i].kind == OutputKind.None) revert ModelRegistryInvalidOutput(i);
            end = _aligned(end) + outputs[i].length;
        }
        return end.toUint32();
    }

    function _aligned(uint256 length) private pure returns (uint256) {
        return ((length + ALIGNMENT - 1) / ALIGNMENT) * ALIGNMENT;
    }
}

//! The calls that the test server answers.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
};

use ::qdrant_client::qdrant::{
    collections_server::Collections, points_server::Points, qdrant_server::Qdrant, *,
};
use async_trait::async_trait;
use qdrant_edge::{
    CountRequest, CreateIndex, EdgeConfig, EdgeShard, EdgeSparseVectorParams, EdgeVectorParams,
    FieldIndexOperations, OperationError, PayloadFieldSchema, PayloadSchemaType, PointInsertOperations,
    PointOperations, ScrollRequest, UpdateOperation,
};
use tempfile::TempDir;
use tonic::{Request, Response, Status};

use super::{Shared, wire};

pub struct Service {
    pub shards: Mutex<HashMap<String, Arc<EdgeShard>>>,
    pub rules: Mutex<Vec<Filter>>,
    pub ignores_filters: bool,
    /// Last, so that the shards are closed before their directory goes.
    pub dir: TempDir,
}

impl Service {
    fn shard(&self, name: &str) -> Result<Arc<EdgeShard>, Status> {
        let shard = self.shards.lock().unwrap().get(name).cloned();
        shard.ok_or_else(|| Status::not_found(format!("collection `{name}` doesn't exist")))
    }

    fn rule(&self, filter: Option<Filter>) -> Result<qdrant_edge::Filter, Status> {
        let filter = filter.ok_or_else(|| Status::invalid_argument("no filter"))?;
        self.rules.lock().unwrap().push(filter.clone());
        if self.ignores_filters { Ok(qdrant_edge::Filter::default()) } else { wire::filter(filter) }
    }
}

type Answer<T> = Result<Response<T>, Status>;

fn ok<T>(answer: T) -> Answer<T> {
    Ok(Response::new(answer))
}

fn internal(err: OperationError) -> Status {
    Status::internal(err.to_string())
}

fn updated() -> Answer<PointsOperationResponse> {
    let status = UpdateStatus::Completed.into();
    ok(PointsOperationResponse {
        result: Some(UpdateResult { operation_id: None, status }),
        ..Default::default()
    })
}

/// Refuses calls that understudy does not make.
macro_rules! unserved {
    ($($name:ident: $request:ty => $response:ty;)*) => {
        $(fn $name<'a, 't>(
            &'a self,
            _: Request<$request>,
        ) -> Pin<Box<dyn Future<Output = Answer<$response>> + Send + 't>>
        where
            'a: 't,
            Self: 't,
        {
            Box::pin(async { Err(Status::unimplemented(stringify!($name))) })
        })*
    };
}

#[async_trait]
impl Points for Shared {
    async fn upsert(&self, request: Request<UpsertPoints>) -> Answer<PointsOperationResponse> {
        let request = request.into_inner();
        let points = request.points.into_iter().map(wire::point).collect::<Result<Vec<_>, _>>()?;
        let insert = PointOperations::UpsertPoints(PointInsertOperations::PointsList(points));
        let shard = self.0.shard(&request.collection_name)?;
        shard.update(UpdateOperation::PointOperation(insert)).map_err(internal)?;
        updated()
    }

    async fn delete(&self, request: Request<DeletePoints>) -> Answer<PointsOperationResponse> {
        let request = request.into_inner();
        let Some(points_selector::PointsSelectorOneOf::Filter(filter)) =
            request.points.and_then(|points| points.points_selector_one_of)
        else {
            return Err(Status::unimplemented("delete by anything but a filter"));
        };
        let delete = PointOperations::DeletePointsByFilter(wire::filter(filter)?);
        let shard = self.0.shard(&request.collection_name)?;
        shard.update(UpdateOperation::PointOperation(delete)).map_err(internal)?;
        updated()
    }

    async fn get(&self, request: Request<GetPoints>) -> Answer<GetResponse> {
        let request = request.into_inner();
        let ids = request.ids.into_iter().map(wire::id).collect::<Result<Vec<_>, _>>()?;
        let shard = self.0.shard(&request.collection_name)?;
        let found = shard.retrieve(&ids, Some(true.into()), None).map_err(internal)?;
        ok(GetResponse { result: found.into_iter().map(wire::record).collect(), ..Default::default() })
    }

    async fn create_field_index(
        &self,
        request: Request<CreateFieldIndexCollection>,
    ) -> Answer<PointsOperationResponse> {
        let request = request.into_inner();
        let kind = match request.field_type() {
            FieldType::Keyword => PayloadSchemaType::Keyword,
            FieldType::Integer => PayloadSchemaType::Integer,
            other => return Err(Status::unimplemented(format!("index of {other:?}"))),
        };
        let create = FieldIndexOperations::CreateIndex(CreateIndex {
            field_name: wire::path(&request.field_name)?,
            field_schema: Some(PayloadFieldSchema::FieldType(kind)),
        });
        let shard = self.0.shard(&request.collection_name)?;
        shard.update(UpdateOperation::FieldIndexOperation(create)).map_err(internal)?;
        updated()
    }

    async fn scroll(&self, request: Request<ScrollPoints>) -> Answer<ScrollResponse> {
        let request = request.into_inner();
        let filter = request.filter.ok_or_else(|| Status::invalid_argument("no filter"))?;
        let page = ScrollRequest {
            offset: request.offset.map(wire::id).transpose()?,
            limit: request.limit.map(|limit| limit as usize),
            filter: Some(wire::filter(filter)?),
            with_payload: Some(wire::with_payload(request.with_payload)?),
            ..ScrollRequest::default()
        };
        let shard = self.0.shard(&request.collection_name)?;
        let (found, next) = shard.scroll(page).map_err(internal)?;
        let result = found.into_iter().map(wire::record).collect();
        ok(ScrollResponse { result, next_page_offset: next.map(wire::id_out), ..Default::default() })
    }

    async fn count(&self, request: Request<CountPoints>) -> Answer<CountResponse> {
        let request = request.into_inner();
        let filter = request.filter.map(wire::filter).transpose()?;
        let shard = self.0.shard(&request.collection_name)?;
        let count = shard.count(CountRequest { filter, exact: true }).map_err(internal)? as u64;
        ok(CountResponse { result: Some(CountResult { count }), ..Default::default() })
    }

    async fn query_batch(&self, request: Request<QueryBatchPoints>) -> Answer<QueryBatchResponse> {
        let request = request.into_inner();
        let shard = self.0.shard(&request.collection_name)?;
        let mut result = Vec::new();
        for query in request.query_points {
            let rule = self.0.rule(query.filter.clone())?;
            let found = shard.query(wire::query(query, rule)?).map_err(internal)?;
            result.push(BatchResult { result: found.into_iter().map(wire::scored).collect() });
        }
        ok(QueryBatchResponse { result, ..Default::default() })
    }

    unserved! {
        update_vectors: UpdatePointVectors => PointsOperationResponse;
        delete_vectors: DeletePointVectors => PointsOperationResponse;
        set_payload: SetPayloadPoints => PointsOperationResponse;
        overwrite_payload: SetPayloadPoints => PointsOperationResponse;
        delete_payload: DeletePayloadPoints => PointsOperationResponse;
        clear_payload: ClearPayloadPoints => PointsOperationResponse;
        delete_field_index: DeleteFieldIndexCollection => PointsOperationResponse;
        create_vector_name: CreateVectorNameRequest => PointsOperationResponse;
        delete_vector_name: DeleteVectorNameRequest => PointsOperationResponse;
        search: SearchPoints => SearchResponse;
        search_batch: SearchBatchPoints => SearchBatchResponse;
        search_groups: SearchPointGroups => SearchGroupsResponse;
        recommend: RecommendPoints => RecommendResponse;
        recommend_batch: RecommendBatchPoints => RecommendBatchResponse;
        recommend_groups: RecommendPointGroups => RecommendGroupsResponse;
        discover: DiscoverPoints => DiscoverResponse;
        discover_batch: DiscoverBatchPoints => DiscoverBatchResponse;
        update_batch: UpdateBatchPoints => UpdateBatchResponse;
        query: QueryPoints => QueryResponse;
        query_groups: QueryPointGroups => QueryGroupsResponse;
        facet: FacetCounts => FacetResponse;
        search_matrix_pairs: SearchMatrixPoints => SearchMatrixPairsResponse;
        search_matrix_offsets: SearchMatrixPoints => SearchMatrixOffsetsResponse;
    }
}

#[async_trait]
impl Collections for Shared {
    async fn create(&self, request: Request<CreateCollection>) -> Answer<CollectionOperationResponse> {
        let request = request.into_inner();
        let mut shards = self.0.shards.lock().unwrap();
        let name = request.collection_name;
        if shards.contains_key(&name) {
            return Err(Status::already_exists(name));
        }
        let mut config = EdgeConfig::builder();
        let Some(vectors_config::Config::ParamsMap(dense)) = request.vectors_config.and_then(|v| v.config)
        else {
            return Err(Status::unimplemented("unnamed vectors"));
        };
        for (name, params) in dense.map {
            if params.distance() != Distance::Cosine {
                return Err(Status::unimplemented("other distances"));
            }
            let size = usize::try_from(params.size).unwrap();
            config =
                config.vector(name, EdgeVectorParams::builder(size, qdrant_edge::Distance::Cosine).build());
        }
        for (name, params) in request.sparse_vectors_config.unwrap_or_default().map {
            // Statistics over the collection would leak, see `memory::words`.
            assert_eq!(params.modifier(), Modifier::None);
            config = config.sparse_vector(name, EdgeSparseVectorParams::builder().build());
        }
        let dir = self.0.dir.path().join(&name);
        std::fs::create_dir_all(&dir)?;
        let shard = EdgeShard::new(&dir, config.build()).map_err(internal)?;
        shards.insert(name, Arc::new(shard));
        ok(CollectionOperationResponse { result: true, time: 0.0 })
    }

    async fn collection_exists(
        &self,
        request: Request<CollectionExistsRequest>,
    ) -> Answer<CollectionExistsResponse> {
        let exists = self.0.shards.lock().unwrap().contains_key(&request.into_inner().collection_name);
        ok(CollectionExistsResponse { result: Some(CollectionExists { exists }), time: 0.0 })
    }

    async fn get(&self, request: Request<GetCollectionInfoRequest>) -> Answer<GetCollectionInfoResponse> {
        let shard = self.0.shard(&request.into_inner().collection_name)?;
        let size =
            |params: &EdgeVectorParams| VectorParams { size: params.size as u64, ..Default::default() };
        let map = shard.config().vectors.iter().map(|(name, params)| (name.clone(), size(params))).collect();
        let config = Some(vectors_config::Config::ParamsMap(VectorParamsMap { map }));
        let params =
            CollectionParams { vectors_config: Some(VectorsConfig { config }), ..Default::default() };
        let config = CollectionConfig { params: Some(params), ..Default::default() };
        let info = CollectionInfo { config: Some(config), ..Default::default() };
        ok(GetCollectionInfoResponse { result: Some(info), time: 0.0 })
    }

    unserved! {
        list: ListCollectionsRequest => ListCollectionsResponse;
        update: UpdateCollection => CollectionOperationResponse;
        delete: DeleteCollection => CollectionOperationResponse;
        update_aliases: ChangeAliases => CollectionOperationResponse;
        list_collection_aliases: ListCollectionAliasesRequest => ListAliasesResponse;
        list_aliases: ListAliasesRequest => ListAliasesResponse;
        collection_cluster_info: CollectionClusterInfoRequest => CollectionClusterInfoResponse;
        update_collection_cluster_setup:
            UpdateCollectionClusterSetupRequest => UpdateCollectionClusterSetupResponse;
        create_shard_key: CreateShardKeyRequest => CreateShardKeyResponse;
        delete_shard_key: DeleteShardKeyRequest => DeleteShardKeyResponse;
        list_shard_keys: ListShardKeysRequest => ListShardKeysResponse;
    }
}

#[async_trait]
impl Qdrant for Shared {
    async fn health_check(&self, _: Request<HealthCheckRequest>) -> Answer<HealthCheckReply> {
        let (title, version) = ("test server over Qdrant Edge".to_owned(), "0.0.0-test".to_owned());
        ok(HealthCheckReply { title, version, commit: None })
    }
}

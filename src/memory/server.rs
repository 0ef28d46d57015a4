//! The notes on a Qdrant server or cluster, over gRPC; used when `QDRANT_URL` is set.
//!
//! For companies that run Qdrant already, or whose notes outgrow one machine. One collection holds everybody's
//! notes, ordered by tenant. The server may start later than this program: the collection is looked for, and
//! made when it is missing, at the first use that reaches it.
//!
//! Nothing is kept here. A write counts when the server has applied it. While the server is away every call
//! fails and says so; there is no second copy that could be staler than the rule on who may read.

mod translate;

use std::{sync::Arc, time::Duration};

use anyhow::anyhow;
use async_trait::async_trait;
use qdrant_client::{
    Qdrant, QdrantError,
    config::QdrantConfig,
    qdrant::{
        CountPointsBuilder, CreateCollectionBuilder, CreateFieldIndexCollectionBuilder, DeletePointsBuilder,
        Distance, FieldType, Filter, GetPointsBuilder, HnswConfigDiffBuilder, IntegerIndexParamsBuilder,
        KeywordIndexParamsBuilder, OptimizersConfigDiffBuilder, PointId, QueryBatchPointsBuilder,
        ReadConsistencyType, ScrollPointsBuilder, SparseVectorParamsBuilder, SparseVectorsConfigBuilder,
        UpsertPointsBuilder, VectorParamsBuilder, VectorsConfigBuilder, payload_index_params::IndexParams,
        read_consistency, vectors_config,
    },
};
use tokio::sync::OnceCell;
use tonic::Code;
use uuid::Uuid;

use super::{
    Notes, NotesError,
    edge::EXACT_UP_TO_KB,
    rank::Hit,
    rule::Rule,
    shelf::{Points, Probe, Shelf},
    stored::{DENSE, Point, SPARSE, Stored, field},
};
use translate::{all_but_text, filter, hit, point, query, stored};

/// The collection that is used when no other is named.
pub const COLLECTION: &str = "understudy-notes";

/// Points a message; servers refuse messages above 32 MiB.
const BATCH: usize = 256;
/// Records a page when everything has to be read.
const PAGE: u32 = 1_000;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A search takes milliseconds; a large write into a busy cluster may take seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// Where the server is.
#[derive(Clone)]
pub struct Server {
    /// Its gRPC address, such as `http://localhost:6334`.
    pub url: String,
    /// Its key, when it asks for one.
    pub api_key: Option<String>,
    /// The collection, usually [`COLLECTION`].
    pub collection: String,
}

/// Prepares the notes on `server`; nothing is sent before the first use.
///
/// # Errors
/// [`NotesError::Unfit`] when the address is not one.
pub fn at(server: &Server, dimensions: usize) -> Result<Arc<dyn Notes>, NotesError> {
    let Server { url, api_key, collection } = server.clone();
    let mut config = QdrantConfig::from_url(&url).timeout(CALL_TIMEOUT).connect_timeout(CONNECT_TIMEOUT);
    // The check prints to standard output, where `--json` writes.
    config = config.skip_compatibility_check();
    config.api_key = api_key;
    let client = Qdrant::new(config).map_err(|err| NotesError::Unfit {
        place: url.clone(),
        why: err.to_string(),
        advice: "Set QDRANT_URL to the gRPC address, for example http://localhost:6334.".to_owned(),
    })?;
    Ok(Shelf::over(ServerPoints { client, url, collection, dimensions, ready: OnceCell::new() }))
}

struct ServerPoints {
    client: Qdrant,
    url: String,
    collection: String,
    dimensions: usize,
    /// Set once the collection was found or made as it has to be.
    ready: OnceCell<()>,
}

impl ServerPoints {
    /// The client, after the collection was seen to be ours.
    async fn client(&self) -> Result<&Qdrant, NotesError> {
        self.ready.get_or_try_init(|| self.prepare()).await?;
        Ok(&self.client)
    }

    async fn prepare(&self) -> Result<(), NotesError> {
        let exists = self.client.collection_exists(&self.collection).await.map_err(|err| self.failed(err))?;
        if !exists {
            self.create().await?;
        }
        self.check_dimensions().await?;
        // All of them each time: an index that is there is left alone, and a start may have been cut short.
        self.index(field::PERSON, KeywordIndexParamsBuilder::default().is_tenant(true).build()).await?;
        for name in field::KEYWORDS {
            self.index(name, KeywordIndexParamsBuilder::default().build()).await?;
        }
        for name in field::INTEGERS {
            self.index(name, IntegerIndexParamsBuilder::new(true, true).enable_hnsw(false).build()).await?;
        }
        Ok(())
    }

    async fn create(&self) -> Result<(), NotesError> {
        let mut vectors = VectorsConfigBuilder::default();
        let dense = VectorParamsBuilder::new(self.dimensions as u64, Distance::Cosine);
        vectors.add_named_vector_params(DENSE, dense);
        let mut sparse = SparseVectorsConfigBuilder::default();
        sparse.add_named_vector_params(SPARSE, SparseVectorParamsBuilder::default());
        let exact_up_to = EXACT_UP_TO_KB as u64;
        let collection = CreateCollectionBuilder::new(&self.collection)
            .vectors_config(vectors)
            .sparse_vectors_config(sparse)
            .hnsw_config(HnswConfigDiffBuilder::default().full_scan_threshold(exact_up_to))
            .optimizers_config(OptimizersConfigDiffBuilder::default().indexing_threshold(exact_up_to));
        match self.client.create_collection(collection).await {
            Ok(_) => Ok(()),
            // Another process was faster; what it made is looked at next.
            Err(err) if code(&err) == Some(Code::AlreadyExists) => Ok(()),
            Err(err) => Err(self.failed(err)),
        }
    }

    async fn check_dimensions(&self) -> Result<(), NotesError> {
        let info = self.client.collection_info(&self.collection).await.map_err(|err| self.failed(err))?;
        let params = info.result.and_then(|info| info.config).and_then(|config| config.params);
        let vectors = params.and_then(|params| params.vectors_config).and_then(|vectors| vectors.config);
        let size = match vectors {
            Some(vectors_config::Config::ParamsMap(named)) => named.map.get(DENSE).map(|params| params.size),
            Some(vectors_config::Config::Params(_)) | None => None,
        };
        match size {
            Some(size) if size == self.dimensions as u64 => Ok(()),
            Some(size) => {
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                Err(NotesError::wrong_dimensions(self.place(), self.dimensions, size))
            }
            None => Err(self.damaged(anyhow!("it has no vectors named `{DENSE}`"))),
        }
    }

    async fn index(&self, name: &str, params: impl Into<IndexParams>) -> Result<(), NotesError> {
        let params = params.into();
        let kind = match params {
            IndexParams::IntegerIndexParams(_) => FieldType::Integer,
            _ => FieldType::Keyword,
        };
        let index = CreateFieldIndexCollectionBuilder::new(&self.collection, name, kind)
            .field_index_params(params)
            .wait(true);
        self.client.create_field_index(index).await.map_err(|err| self.failed(err))?;
        Ok(())
    }

    async fn delete_where(&self, client: &Qdrant, filter: Filter) -> Result<(), NotesError> {
        let delete = DeletePointsBuilder::new(&self.collection).points(filter).wait(true);
        client.delete_points(delete).await.map_err(|err| self.failed(err))?;
        Ok(())
    }

    fn failed(&self, err: QdrantError) -> NotesError {
        let place = self.url.clone();
        let reach = "Check that Qdrant runs there and that QDRANT_URL is its gRPC address (usually port 6334); \
                     everything that needs no notes goes on, and waiting messages are tried again.";
        match code(&err) {
            Some(Code::Unauthenticated | Code::PermissionDenied) => NotesError::Denied {
                place,
                advice: "Set QDRANT_API_KEY to a key that may read and write.".to_owned(),
                source: said(&err),
            },
            Some(Code::InvalidArgument | Code::NotFound | Code::FailedPrecondition | Code::Unimplemented) => {
                self.damaged(said(&err))
            }
            _ => NotesError::Unreachable { place, advice: reach.to_owned(), source: said(&err) },
        }
    }

    fn damaged(&self, source: anyhow::Error) -> NotesError {
        let collection = &self.collection;
        NotesError::Corrupt {
            place: self.url.clone(),
            advice: format!(
                "The collection `{collection}` is not as understudy makes it. Name another one, or delete it in \
                 Qdrant and add the folders again."
            ),
            source,
        }
    }
}

#[async_trait]
impl Points for ServerPoints {
    fn place(&self) -> &str {
        &self.url
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    async fn nearest(
        &self,
        probes: Vec<Probe>,
        rule: &Rule,
        depth: usize,
    ) -> Result<Vec<Vec<Hit>>, NotesError> {
        let client = self.client().await?;
        let rule = filter(rule);
        let legs = probes.len();
        let queries: Vec<_> =
            probes.into_iter().map(|probe| query(&self.collection, probe, &rule, depth)).collect();
        let batch = QueryBatchPointsBuilder::new(&self.collection, queries);
        let found = client.query_batch(batch).await.map_err(|err| self.failed(err))?.result;
        if found.len() != legs {
            return Err(self.damaged(anyhow!("{legs} queries gave {} answers", found.len())));
        }
        Ok(found.iter().map(|list| list.result.iter().filter_map(hit).collect()).collect())
    }

    async fn read(&self, ids: Vec<Uuid>) -> Result<Vec<(Uuid, Stored)>, NotesError> {
        let ids: Vec<PointId> = ids.into_iter().map(|id| PointId::from(id.to_string())).collect();
        // A replica that lags behind could still tell the former readers.
        let majority = read_consistency::Value::Type(ReadConsistencyType::Majority.into());
        let get = GetPointsBuilder::new(&self.collection, ids)
            .with_payload(true)
            .read_consistency(majority)
            .build();
        let found = self.client().await?.get_points(get).await.map_err(|err| self.failed(err))?.result;
        let read = |found: qdrant_client::qdrant::RetrievedPoint| stored(found.id, found.payload);
        found.into_iter().map(read).collect::<Result<_, _>>().map_err(|err| self.damaged(err))
    }

    async fn replace(&self, outdated: &Rule, points: Vec<Point>) -> Result<(), NotesError> {
        let client = self.client().await?;
        self.delete_where(client, filter(outdated)).await?;
        let points: Result<Vec<_>, _> = points.into_iter().map(point).collect();
        let points = points.map_err(|err| self.damaged(err))?;
        for batch in points.chunks(BATCH) {
            let upsert = UpsertPointsBuilder::new(&self.collection, batch).wait(true);
            client.upsert_points(upsert).await.map_err(|err| self.failed(err))?;
        }
        Ok(())
    }

    async fn delete(&self, rule: &Rule) -> Result<(), NotesError> {
        self.delete_where(self.client().await?, filter(rule)).await
    }

    async fn count(&self, rule: &Rule) -> Result<usize, NotesError> {
        let count = CountPointsBuilder::new(&self.collection).filter(filter(rule)).exact(true);
        let counted = self.client().await?.count(count).await.map_err(|err| self.failed(err))?;
        let count = counted.result.map_or(0, |result| result.count);
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    async fn scroll(&self, rule: &Rule) -> Result<Vec<Stored>, NotesError> {
        let client = self.client().await?;
        let mut all = Vec::new();
        let mut offset: Option<PointId> = None;
        loop {
            let mut page = ScrollPointsBuilder::new(&self.collection)
                .filter(filter(rule))
                .limit(PAGE)
                .with_payload(all_but_text());
            if let Some(offset) = offset {
                page = page.offset(offset);
            }
            let page = client.scroll(page).await.map_err(|err| self.failed(err))?;
            for found in page.result {
                let (_, chunk) = stored(found.id, found.payload).map_err(|err| self.damaged(err))?;
                all.push(chunk);
            }
            offset = page.next_page_offset;
            if offset.is_none() {
                return Ok(all);
            }
        }
    }

    async fn settle(&self) -> Result<(), NotesError> {
        // A server tidies up by itself.
        Ok(())
    }

    async fn purge(&self) -> Result<(), NotesError> {
        // Deleted points leave the server's files with its next vacuum; there is no call that forces one.
        Ok(())
    }

    async fn back_up(&self, _to: &std::path::Path) -> Result<bool, NotesError> {
        // A server makes its own snapshots (<https://qdrant.tech/documentation/concepts/snapshots/>).
        Ok(false)
    }

    async fn health(&self) -> Result<String, NotesError> {
        let reply = self.client.health_check().await.map_err(|err| self.failed(err))?;
        let count = CountPointsBuilder::new(&self.collection).exact(false);
        let counted = self.client().await?.count(count).await.map_err(|err| self.failed(err))?;
        let chunks = counted.result.map_or(0, |result| result.count);
        Ok(format!(
            "Qdrant {} at {}, collection {}, {chunks} chunks",
            reply.version, self.url, self.collection
        ))
    }
}

/// What the server or the connection said, without what only a debugger wants: metadata and nested types.
fn said(err: &QdrantError) -> anyhow::Error {
    let (QdrantError::ResponseError { status } | QdrantError::ResourceExhaustedError { status, .. }) = err
    else {
        return anyhow!("{err}");
    };
    let message = status.message().split(": tonic::").next().unwrap_or_default();
    anyhow!("{}: {message}", status.code())
}

fn code(err: &QdrantError) -> Option<Code> {
    match err {
        QdrantError::ResponseError { status } | QdrantError::ResourceExhaustedError { status, .. } => {
            Some(status.code())
        }
        _ => None,
    }
}

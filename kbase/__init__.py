"""A knowledge base for Jupyter: files in, questions routed, answers with citations that can be checked

Modules:

- `kbase.adapter`: Questions turned a little, documents left where they are
- `kbase.arrow_tables`: A typed table as bytes, in pieces that a store can keep, and back
- `kbase.bases`: One list out of many places, and where each hit comes from
- `kbase.blocks`: What was written as one: headings, paragraphs, list items, code, tables, rows
- `kbase.cell_values`: A number or a date out of the text of a cell, as its language writes it
- `kbase.changing`: A question that was under way while the embedder changed is asked again; whoever has the base open follows
- `kbase.codes`: What counts as one word where no dictionary helps: part numbers, versions, quantities, acronyms
- `kbase.database_documents`: What each table is, in words, so that it is found, listed and deleted like any other source
- `kbase.database_schema`: Tables, columns, the values that stand in them, and what leads from one table to another
- `kbase.databases`: Open SQLite, DuckDB or a server so that one SELECT can read it, and nothing can change it
- `kbase.delimited`: The character between the cells of a CSV file, and the names of its columns
- `kbase.embedding`: Texts into vectors: the packaged model, any sentence-transformers model, or any Haystack embedder
- `kbase.encoder`: From tokens to one vector a text: a page of arithmetic
- `kbase.excerpts`: Three or four lines of a text around the words that were found, as a person reads them
- `kbase.exploring`: One call for each explorer, and all of them in one app
- `kbase.extracts`: A document in a few of its own sentences
- `kbase.fast_encoder`: The same arithmetic, planned as a whole by OpenVINO
- `kbase.feedback`: Useful, or not: kept beside the documents, and an evaluation of your own questions is made of it
- `kbase.filling`: Opened by its place, filled from folders, and kept like them
- `kbase.front_matter`: What a Markdown file says about itself before its text
- `kbase.haystack_model`: Any Haystack embedder, or a pair of them, as kbase asks a model
- `kbase.hits`: What a search found, and why; it draws itself and has one form as JSON
- `kbase.indexing.account`: Names that stay, files that are gone, documents that are replaced
- `kbase.indexing.aligned_tables`: Tables without lines: numbers that stand below each other
- `kbase.indexing.archive`: A whole knowledge base written out, and read back member by member
- `kbase.indexing.archives`: A file that is an archive of parts, looked at before anything unpacks it
- `kbase.indexing.batches`: Read ahead on every core, embedded and stored in batches, in their order
- `kbase.indexing.book_reader`: Chapter by chapter, in the order in which a reader turns the pages
- `kbase.indexing.claims`: Several processes add the same sources, and each source is done once
- `kbase.indexing.code_reader`: What a program defines is its table of contents
- `kbase.indexing.converted`: A text with its title, or the reason why there is none
- `kbase.indexing.converters`: Files in, documents out; for every other file, the reason
- `kbase.indexing.copying`: A knowledge base in another store, vectors and all
- `kbase.indexing.data_uris`: A file written into another as letters is no text
- `kbase.indexing.decoding`: Text out of bytes, strictly, and what had to be guessed
- `kbase.indexing.doctor`: Counts, vectors, links, offsets, tables and the account are checked, and mended
- `kbase.indexing.fetching`: One address, fetched with care: public hosts only, so many bytes, so much time
- `kbase.indexing.formats`: Which format a file is of, and who reads it: one entry a format
- `kbase.indexing.formulas`: What stands above or below the line keeps its meaning in plain text
- `kbase.indexing.haystack`: Files as Haystack documents, and Haystack documents as ours
- `kbase.indexing.html_reader`: Headings, lists, code and tables of a page, without what only a browser needs
- `kbase.indexing.html_tables`: Cells in their places, one row of names above them, and where the table will stand in the text
- `kbase.indexing.html_tree`: The tree of a page without what only a browser needs, and with what a browser shows on a click
- `kbase.indexing.hyphens`: Whether a hyphen belongs to the word or to the line
- `kbase.indexing.ignoring`: `.kbaseignore`, in the syntax of `.gitignore`
- `kbase.indexing.jobs`: Looked at, read, made into nodes; and what becomes of it when it has changed, moved, or cannot be read
- `kbase.indexing.json_reader`: Every value to the digit, a member a line, letters instead of escapes
- `kbase.indexing.mail_headers`: The headers of a mail as text and as metadata, whatever they are written in
- `kbase.indexing.mail_reader`: The words of a mail once, its files as files, a mailbox as a list of its mails
- `kbase.indexing.mailbox`: Many mails in one file, and where each begins
- `kbase.indexing.main_text`: What a page is about, without what its site puts on every page
- `kbase.indexing.manuscript`: A Markdown text in the making that knows where its pages and its tables are
- `kbase.indexing.markdown_lines`: No line that somebody wrote becomes a heading by accident
- `kbase.indexing.merging`: The documents of another knowledge base come in, with their vectors; where both have one, it is said
- `kbase.indexing.notebook_reader`: Text cells as they are, code in fences, what the outputs show
- `kbase.indexing.office_properties`: Title, author, dates and number of pages, from the parts in which Office, LibreOffice and e-books keep them
- `kbase.indexing.office_xml`: Names without their namespaces, for Office writes the same names in two of them
- `kbase.indexing.open_markup`: Paragraphs, lists, tables, notes and frames of LibreOffice in the tags of HTML
- `kbase.indexing.open_reader`: Texts and slides of LibreOffice
- `kbase.indexing.outlook_message`: Properties in a compound file, written as headers and parts
- `kbase.indexing.outlook_rtf`: Bytes unpacked, and the web page inside taken out again
- `kbase.indexing.page_pictures`: What a citation says, seen on the page of the PDF where it stands
- `kbase.indexing.pdf_columns`: The order in which a reader's eye goes over a page
- `kbase.indexing.pdf_file`: Opened, or not and why; its properties, bookmarks, page labels, and the files inside it
- `kbase.indexing.pdf_headings`: By size, weight and number, by the table of contents and by the bookmarks, where these fit the text
- `kbase.indexing.pdf_lines`: Words that stand on one line, with what is raised and lowered written in the line
- `kbase.indexing.pdf_paragraphs`: A paragraph is one paragraph, over lines, columns and pages
- `kbase.indexing.pdf_reader`: Columns in order, headings as headings, running heads gone; what could not be read is named by its page
- `kbase.indexing.pdf_running`: What every page repeats is no part of the text
- `kbase.indexing.pdf_tables`: Tables with lines around their cells, with lines between their parts, or with none
- `kbase.indexing.pdf_text`: One Markdown text with the start of each page and the place of each table
- `kbase.indexing.pdf_words`: What stands on a page of a PDF: each word with its place, its size and its weight
- `kbase.indexing.picture_text`: A scanned page is read by OCR, and not believed unless its own scores say so
- `kbase.indexing.pictures`: Alternative texts, captions, and the words inside a drawing
- `kbase.indexing.pieces`: Blocks, or parts of them, that go into a chunk whole
- `kbase.indexing.planning`: Shown before anything is read: what is added, changed, moved, left out and removed, and what it costs
- `kbase.indexing.reader_process`: Files from anywhere are read where a hang or a crash costs one file
- `kbase.indexing.recipe`: How a document becomes nodes, and how to add a kind of your own
- `kbase.indexing.retrying`: Files that could not be read are tried again
- `kbase.indexing.rtf_reader`: Letters of word processors that are older than their readers
- `kbase.indexing.rtf_text`: Control words between the words: what they show, what they hide, and in which code page
- `kbase.indexing.ruled_tables`: Cells between the lines of a page
- `kbase.indexing.sections`: A document as a tree: from heading to heading, or from topic to topic
- `kbase.indexing.sentence_nodes`: Every sentence has a vector of its own, and no text of its own
- `kbase.indexing.sheet_facts`: How far a sheet reaches, which cells are merged, which numbers are percentages or money, which formulas have no value
- `kbase.indexing.sheet_reader`: Every sheet with its tables, as they were last computed
- `kbase.indexing.sheet_tables`: A sheet is a surface on which people put tables, titles and remarks: each is found with its place
- `kbase.indexing.slide_graphics`: A chart is a table that was drawn: its numbers are in the file
- `kbase.indexing.slide_reader`: A page for each slide: its title, what stands on it in order of reading, and what its speaker noted
- `kbase.indexing.slide_shapes`: Text boxes lie about on a slide; they are read in the order in which a person reads them
- `kbase.indexing.slide_text`: Paragraphs and points of a text box on a slide, as Markdown
- `kbase.indexing.sources`: What a path, a glob or a list names, file by file, each with a name of its own
- `kbase.indexing.splitting`: Documents into chunks, along the lines on which they were written
- `kbase.indexing.subtitle_reader`: Lines of two seconds become passages of a minute, with the time at which each was said
- `kbase.indexing.summaries`: What a document is about, in its own sentences or in a language model's words
- `kbase.indexing.sync`: From a folder to an indexed knowledge base that stays like it, with an account of every file
- `kbase.indexing.table_finding`: Every table with its title, its headings and the paragraphs around it, in one piece
- `kbase.indexing.table_nodes`: What a question meets of a table, and the data to which it leads
- `kbase.indexing.terminal_text`: Progress bars at their last step, no escape sequences
- `kbase.indexing.tex_reader`: Sections, lists, tables, notes and formulas of a source, without the commands around them
- `kbase.indexing.tex_text`: Comments, braces, environments and signs: what is there before anything is read
- `kbase.indexing.text_reader`: Markdown, reStructuredText, Python, CSV and plain text: a title is looked for, and powers are written in the line
- `kbase.indexing.waiting_nodes`: A text of 100 MB is a quarter of a million passages: no more than a few thousand of them are in memory
- `kbase.indexing.watching`: Changes are followed while you go on working
- `kbase.indexing.word_markup`: Fields, formulas, check marks and text boxes in the form that is read; hidden text gone, and said to be
- `kbase.indexing.word_reader`: Headings, lists, tables, footnotes and text boxes of a DOCX file
- `kbase.indexing.written_tables`: The cells of a table that stands in a text: Markdown, reStructuredText, CSV, JSON, tabs
- `kbase.indexing.xml_reader`: Sentences as paragraphs, values with their names, records apart, and nothing fetched
- `kbase.knowledge`: One object to fill, search, ask and look into
- `kbase.language`: Which language a text is in, where its sentences end, and which words a search goes by
- `kbase.lines`: What one line says about the text around it: a caption, a signature, a row
- `kbase.looking`: What went in, what a document is about, where a hit stands, and which tables there are
- `kbase.messages`: What an error says to whoever reads it: a sentence, and no secret
- `kbase.models`: Optional helpers, asked with a time limit and never trusted
- `kbase.nodes`: What goes in and what is kept: documents, their nodes, and what each kind of node is
- `kbase.packed_weights`: A multilingual model in four bits, written as a folder that every other page can read
- `kbase.printable`: What a terminal would obey is spelled out
- `kbase.providers`: OpenAI, Cohere and Ollama by name
- `kbase.quality.adapting`: Questions are turned a little towards the passages that answer them; the passages stay where they are
- `kbase.quality.answers`: Does it say what is right, does it stand where it says, does it know when to be silent
- `kbase.quality.calibration`: Where an answer begins in this knowledge base, found without a single judged question
- `kbase.quality.candidates`: Two ways to learn from the same ground, each at several strengths
- `kbase.quality.chunks`: How long they are, and what was cut that should not have been
- `kbase.quality.comparison`: Which of the two is better, how sure that is, and who pays for it
- `kbase.quality.evaluation`: Every question asked, and every answer held against what is right
- `kbase.quality.gold`: Questions, and what should be found for each of them
- `kbase.quality.intervals`: Of fifty questions, how far another fifty might have been away
- `kbase.quality.measuring`: What `kb.evaluate` does with what it is given
- `kbase.quality.mining`: Looked up before they are believed, kept apart by document, and set against passages that only look like answers
- `kbase.quality.pairs`: What somebody might ask, and the passage that answers: made without a single question from anybody
- `kbase.quality.pool`: Some of a knowledge base, searched as the whole is, with any vectors
- `kbase.quality.probes`: Questions made from the documents themselves, so that a knowledge base can be measured before anybody has asked it anything
- `kbase.quality.rankings`: Where the right things stand in a list, in one number
- `kbase.quality.scores`: What an evaluation found: the means, how sure they are, and every question behind them
- `kbase.quality.spans`: The same characters, however they were cut
- `kbase.quality.training`: Less than one epoch, with brakes, and at the end half of the way back
- `kbase.quality.trials`: The hybrid search as it would be with other vectors, before anything is stored
- `kbase.quality.tuning`: An embedder that has read your documents, if that helps; and if it does not, nothing changes
- `kbase.quality.usual_places`: Where the questions of people lie on sets whose answers are known, for a language that the embedder knows and for one that it does not
- `kbase.quality.versions`: Tuned models lie beside the knowledge base, one of them serves, and the way back is always open
- `kbase.querying.account`: Which documents there are, and which of them have some metadata
- `kbase.querying.account_writer`: How many documents there are, which, and which of them have some metadata
- `kbase.querying.agent`: A language model that looks things up by itself, step by step, within limits, and whose answer is checked
- `kbase.querying.claims`: What a language model makes of the sources, held against them sentence by sentence
- `kbase.querying.code_names`: Functions and classes that a question names: `shlex.quote`, `heappush()`
- `kbase.querying.codes`: Part numbers, versions, error numbers: what evidence must have exactly as it is asked for
- `kbase.querying.comparison_writer`: A short cited paragraph for each thing, and for a thing that nothing was found about, that
- `kbase.querying.components`: An embedder of questions and a retriever, for any Haystack pipeline
- `kbase.querying.connected`: Connected once, asked from then on, seen through the same filters as documents
- `kbase.querying.contradictions`: Another number, another unit, the opposite, a *may* that got lost, two names that changed places
- `kbase.querying.counting`: Whether a text says how many of some things there are, and not how many of others, of a part of them, or which one
- `kbase.querying.cover`: How much of a question stands in what was found: in one passage, in one chunk, in one document, and side by side
- `kbase.querying.database_answers`: Rows that answer a question, with the SELECT that found them; or why there are none
- `kbase.querying.database_columns`: Names and values find their columns by the tables that are named near them
- `kbase.querying.database_model`: Where the rules see no query, a language model may; what it writes passes the same fence, and is held against the question
- `kbase.querying.database_query`: What is shown, counted, joined and ordered; written as one SELECT, and said as a sentence
- `kbase.querying.database_reading`: Roles and columns together; a word without a part is a reason to decline
- `kbase.querying.database_roles`: Which names are shown, counted, grouped, ordered
- `kbase.querying.database_words`: Which words name tables, columns and values, and which are left over
- `kbase.querying.database_writer`: The rows of one SELECT, and the documents that they name; both cited
- `kbase.querying.described`: The description that stands below a function's signature, or at the head of a statement's section
- `kbase.querying.differences`: What two numbers or two dates are apart
- `kbase.querying.doubts`: No date where one was asked for, a word that stands nowhere, another year, no sentence that says what the thing is
- `kbase.querying.drawing`: A picture of a Haystack pipeline, made on this machine
- `kbase.querying.expansion`: Small passages are found, and as much is read as the question wants
- `kbase.querying.expected`: A name, a date, a number: a sentence that has none does not answer *who*, *when* or *how many*
- `kbase.querying.fact_writer`: The sources' best sentences, each cited to the character; in a model's words where there is one
- `kbase.querying.files`: *What does notes.md say of the flood?* is a question of one document
- `kbase.querying.filters`: A filter on a field that does not exist is a mistake, not an empty result
- `kbase.querying.following`: From a summary to its document, from a section to its passages, from a row to its table: to any depth, and never in a circle
- `kbase.querying.furniture`: Menus, lists of references, forms to be signed: a converter writes them as prose, and nobody asks for them
- `kbase.querying.fusion`: One ranking out of two, with the reason for every place in it
- `kbase.querying.history`: A question that follows another one, made into one that can be understood by itself
- `kbase.querying.hit_pieces`: What of a hit may be quoted, with what is known of the document around it
- `kbase.querying.judging`: Whether what a search found comes near its query, hit by hit and as a whole
- `kbase.querying.list_writer`: The documents that match, each with its best sentence
- `kbase.querying.marking`: The short passage that answers, with the one sentence marked that says it
- `kbase.querying.mentions`: Every document that has a word or a phrase in its text, and where
- `kbase.querying.merging`: Hits that stand side by side become one, and a section takes the place of its passages when most of them were found
- `kbase.querying.model_filters`: *Anything that Ana penned, 20 pages and up*: two filters that no rule reads
- `kbase.querying.model_parts`: *For the ferry to the island, give me the price, and of its captain the home town*: two parts that no rule sees
- `kbase.querying.named_answers`: The few words of a sentence that answer, for the next step of a question to go on with
- `kbase.querying.no_question`: A poem, a sum, a thank you: what no document can answer is told apart, and told so
- `kbase.querying.openings`: The sentence that says it: one that defines the thing, or the first of a document about it
- `kbase.querying.outcomes`: Whether a text does what was asked for to the thing that was meant, and whether a function's description says what it returns
- `kbase.querying.overviews`: All documents in a screen, a section in a few sentences, a subject through several documents
- `kbase.querying.parts_writer`: Each part of a question answered by itself, with citations and an outcome of its own, and then put together
- `kbase.querying.passages`: The pieces of hits that may be quoted, scored by words and by meaning, and the few of them that make an answer
- `kbase.querying.pins`: This passage answers it, that one must not be shown: said once, and true after the documents were read anew
- `kbase.querying.pipeline`: Plan, look up, branch, write: a Haystack pipeline that can be drawn, saved and taken apart
- `kbase.querying.plan`: A question, taken apart into what will be looked up, and by which route it will be answered
- `kbase.querying.planner`: From a question to a plan: rules, then what the documents say of a topic, then examples if you want them, then a language model if there is one, then a fact
- `kbase.querying.prose`: A piece of a document as it is read within an answer, whatever it was written in
- `kbase.querying.quotable`: The pieces of a text that say something by themselves: sentences, whole lists, questions with their answers, rows, tables, code
- `kbase.querying.reading`: Which sentence answers, by a sum of readings that can be looked at one by one
- `kbase.querying.references`: What a question is about, and which of its words stand for something that an earlier question named
- `kbase.querying.reranking`: A second look at the best hits, by a model that reads question and passage together
- `kbase.querying.retrieval`: A query goes in, hits come out, each with the sum behind its place
- `kbase.querying.routes`: The kinds of answer that there are: one line each for people, rules, how to look up, and who writes
- `kbase.querying.rules`: Which wordings give a question's route away: data, a file a language, with a limit to how much of it there may be
- `kbase.querying.saving`: A pipeline from a file that somebody sent
- `kbase.querying.scoring`: A piece of a hit that may be quoted, and how well it fits a question
- `kbase.querying.settings_rows`: A line of YAML, TOML or INI is an answer, the whole file is none
- `kbase.querying.spans`: The date, the number, the name within a sentence that a question asks for
- `kbase.querying.speakers`: Who says a sentence of a dialogue or a mail, and whether a question asks for that
- `kbase.querying.stage_components`: The stages between a search and its reader, for any Haystack pipeline
- `kbase.querying.stages`: What happens to hits between the search and the reader: nothing twice, and not all of it from one corner
- `kbase.querying.subjects`: The words that documents must have, or the subject that they must deal with
- `kbase.querying.subquestions`: One question that is several: asked at once, of several things, or one step after the other
- `kbase.querying.summary_scope`: Everything, a section, or whatever a question names
- `kbase.querying.summary_writer`: What the documents say that a question is about: their summaries, each sentence cited where it stands
- `kbase.querying.support`: Whether what was found carries an answer, read from words and meaning; and no answer, with the reason
- `kbase.querying.table_answers`: A question on one table or several: the value, what was done, and the cells that it stands on; or the table, and why it was not read
- `kbase.querying.table_asked`: Which rows, which column, by what: what each word of a question can stand for
- `kbase.querying.table_cross`: Tables whose rows are what is measured and whose columns are years: the cell where both meet
- `kbase.querying.table_figures`: Several columns of one row: read, compared, added up; how much a figure changed, and which rows it changed in
- `kbase.querying.table_grid`: A table's cells as what they mean: numbers, dates, times, names
- `kbase.querying.table_makeup`: The years that a table has, and the rows that a figure is made of
- `kbase.querying.table_mentions`: A question's words, looked up in a table's columns and cells
- `kbase.querying.table_model`: A model writes one SELECT; the fence runs it, and the result is held against the table
- `kbase.querying.table_operations`: Twelve operations, each computed here, said as a sentence, and written as SQL
- `kbase.querying.table_periods`: Which of the columns *2019*, *2018* and *Change (%)* a question names, and in what order of time they stand
- `kbase.querying.table_readings`: Every operation that a question may mean, and the one that leaves the fewest words over
- `kbase.querying.table_rows`: Cells, limits, empty cells and negations, put together
- `kbase.querying.table_shapes`: How many, which one, the most, the first, what comes after, this or that: each kind makes the operations that it may mean
- `kbase.querying.table_sql`: SQL on one table: it can read that table, for two seconds, and nothing else
- `kbase.querying.table_wanted`: Which column is asked for, and by what things are measured
- `kbase.querying.table_writer`: Tables are found, asked, and cited to the row; a question that no table answers is a fact
- `kbase.querying.terms`: The words that evidence should have, what each of them weighs, and how many of them a text has
- `kbase.querying.things`: What a question names: the part of it that is read, and the things that it holds against each other
- `kbase.querying.tools`: What an assistant may call: typed functions, checked arguments, results that are data
- `kbase.querying.topics`: A few words and no question: what the documents say of them decides what is wanted
- `kbase.querying.tracing`: Which boxes of a Haystack pipeline ran for a question, and how long each took
- `kbase.querying.wanted`: Words in quotes, a quarter of a year, a length of time, what is done to a thing
- `kbase.querying.watching`: Any Haystack pipeline as a graph, and one run of it as data: which boxes ran, with what, how long, and why a branch was taken
- `kbase.querying.windows`: As much of the text around a hit as the question wants, to the character
- `kbase.remarks`: What is to be known of a knowledge base as a whole
- `kbase.rendering`: Markdown that nobody vouches for, marked texts and small tables, as HTML that is safe to show
- `kbase.request_words`: *I'm interested in articles on robotics* asks for robotics
- `kbase.results`: What is answered, and what became of each file; each draws itself and has one form as JSON
- `kbase.resuming`: Vectors that were made before the power went are not made again
- `kbase.searching`: Questions go in; passages come out, or an answer
- `kbase.sentences`: The smallest parts of a text that say something by themselves
- `kbase.serving.cli`: `kbase search`, `ask`, `status`, `summary` and `delete`, and what `serving.upkeep` and `serving.mcp` have, for a shell and for scripts
- `kbase.serving.demo`: A knowledge base from what every machine with Python has, thirteen questions, and a report to read
- `kbase.serving.demo_office`: A spreadsheet, a PDF with a table, slides and a thread of mails, made here
- `kbase.serving.demo_report`: Questions, answers, sums and times on one page of HTML that needs nothing else
- `kbase.serving.demo_sources`: Documents that every machine with Python has
- `kbase.serving.explore`: The explorers in a browser, for whoever has no notebook open
- `kbase.serving.mcp`: `kbase mcp`: a knowledge base as tools of the assistant in your editor
- `kbase.serving.shell`: Endings, messages, the knowledge base that is meant, filters
- `kbase.serving.terminal`: Hits and answers as lines that are safe to print, and as JSON
- `kbase.serving.upkeep`: `kbase add`, `plan`, `sync`, `watch`, `retry`, `doctor`, `export` and `merge`
- `kbase.settings`: What is set once for a knowledge base, in a file beside the notebook
- `kbase.shared`: One object for everybody in a process who asks for the same thing
- `kbase.stored_tables`: The tables of a knowledge base, listed and read back as data
- `kbase.stores.conditions`: Haystack's filters as a small tree, and one function that says when a tree holds
- `kbase.stores.contract`: One contract, so that a notebook runs the same on a folder and on a cluster
- `kbase.stores.elastic`: The same notebook on a cluster: `KnowledgeBase("http://host:9200/name")`
- `kbase.stores.elastic_about`: Format, embedder, generation: read often, changed by compare and set
- `kbase.stores.elastic_bulk`: Many writes in few requests, and an account of every one of them
- `kbase.stores.elastic_cluster`: Its names, and the few requests that everything else is made of
- `kbase.stores.elastic_connection`: What a URL says, and requests that are tried again while that can help
- `kbase.stores.elastic_facts`: Fields, their types and their values, listed from terms
- `kbase.stores.elastic_filters`: Metadata as terms of one field, and a filter as a query on them
- `kbase.stores.elastic_opening`: Who you are, and which parts a store is made of
- `kbase.stores.elastic_rebuild`: Another embedder, or another format, without a moment without answers
- `kbase.stores.elastic_schema`: What stands in which field, and why
- `kbase.stores.elastic_search`: Words and vectors in one request, of one state, among the nodes of one group
- `kbase.stores.elastic_snapshots`: Points in time that readers share, and what is known of them
- `kbase.stores.elastic_texts`: Put together from its chunks, whole or a part
- `kbase.stores.elastic_upgrade`: Indices of an older kbase, brought up to date where they stand
- `kbase.stores.elastic_writing`: Documents replaced whole, by any number of writers, with an account of everything
- `kbase.stores.embedded`: A folder on disk: BM25, vectors and filters in one LanceDB database, no server
- `kbase.stores.embedded_upgrades`: A knowledge base of an older format is written anew, and takes the place of the old one when it is whole
- `kbase.stores.folder`: The files of a knowledge base: their newest state, and how they change
- `kbase.stores.folder_reading`: Searches, scans, texts and the account of a knowledge base on disk
- `kbase.stores.haystack`: What makes a store of kbase a Haystack DocumentStore, written once over a few hooks
- `kbase.stores.reembedding`: The same texts, read by another embedder
- `kbase.stores.rows`: How a document, its nodes and its account are written down, the same in every store
- `kbase.stores.slim_rows`: A sentence's row leaves out what its chunk's row says
- `kbase.stores.snapshot`: The nodes of a folder at one moment: filtered, searched, fetched
- `kbase.stores.tables`: Nodes and their account as two LanceDB tables
- `kbase.stores.typed_columns`: Metadata of any shape in columns with types, and a filter as an expression over them
- `kbase.stores.upgrades`: From one format of a store to the next, step by step
- `kbase.stores.upkeep`: One writer, many readers, indices that keep up, and old versions that go by themselves
- `kbase.strength`: How far an answer or a list of hits can be relied on, in words
- `kbase.table_headers`: Which rows of a grid name its columns, and which say something of the whole
- `kbase.tables`: A table as it stands in a document: its cells, its header, its title, its place
- `kbase.titles`: Lines with a rule below them, and how deep each of them stands
- `kbase.typed_table`: Columns of numbers, dates and text, with their units, scales and currencies
- `kbase.weights`: Where a model's files are found, and what of them is read
- `kbase.widgets.answers`: Markdown as a tree without addresses, sentences with their sources, and what a plan says, as plain data
- `kbase.widgets.app`: Several explorers in one place: one is shown, all share what was narrowed down to
- `kbase.widgets.ask`: A conversation whose every sentence leads to the place in a document where it stands
- `kbase.widgets.base`: Files joined into one module, one writer of the traits, numbered answers, and something to show where no kernel runs
- `kbase.widgets.branches`: Folders, documents, sections and passages, each below the one that it is part of
- `kbase.widgets.chunks`: One document cut in two ways, side by side, with what is cut that should not be, and what it means for your questions
- `kbase.widgets.columns`: What words alone, meaning alone, and both together find, in columns, the same thing joined
- `kbase.widgets.evaluation`: Which is better, how sure that is, and the questions that pay for it, the greatest damage first
- `kbase.widgets.explore`: What a knowledge base gives to its explorer
- `kbase.widgets.facets`: What found hits can be narrowed down by, with counts that are right under a filter, too
- `kbase.widgets.filters`: Values switched on and off in a filter, and each condition in words
- `kbase.widgets.folders`: Where documents lie, as a tree with counts
- `kbase.widgets.ingest`: A folder's plan first, then a row for every file: what became of it, why, and what can be done
- `kbase.widgets.judging`: Two buttons at every hit and every answer, and somebody who keeps what they say
- `kbase.widgets.layout`: Vectors become places on a map that stays the same, and its regions get the words that set them apart
- `kbase.widgets.map`: Every passage as a point, regions with the words that set them apart, a question and what it finds, and a lasso
- `kbase.widgets.overview`: Before anything is asked: how many documents, in which folders, and the newest
- `kbase.widgets.pages`: A hit that is open, where it leads, and a picture of the page on which it stands
- `kbase.widgets.pane`: The text around a hit, as a person reads it, with the hit and the words that were looked for marked
- `kbase.widgets.pieces`: Data that survives a message, texts in marked pieces, and a hit with what is shown of it in a list
- `kbase.widgets.route`: A pipeline with its last run laid over it, what went in and out of every box, and what another branch would have done
- `kbase.widgets.search`: Results as you type, the sum behind every place, facets, and each hit in its document
- `kbase.widgets.tables`: Every table that was found, sorted and filtered, and the cells of an answer marked in it
- `kbase.widgets.tree`: Folders, documents, sections and passages to walk through, with the hits of a question where they stand
- `kbase.widgets.tuning`: What an embedder is tuned on, reviewed by keyboard; what that changed, question by question, the greatest damage first
- `kbase.workers`: Several processes that add to one knowledge base, on one machine or on many"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Haystack posts the names of components unless this is set, and reads it when it is first imported
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")

if TYPE_CHECKING:
    from kbase.bases import KnowledgeBases
    from kbase.knowledge import KnowledgeBase
    from kbase.nodes import Document, Node
    from kbase.results import Answer, Citation, Hit, Hits, Report
    from kbase.settings import Settings
    from kbase.stores.contract import open_store

__all__ = ["Answer", "Citation", "Document", "Hit", "Hits", "KnowledgeBase", "KnowledgeBases", "Node", "Report"]
__all__ += ["Settings", "open_store"]

_HOMES = {name: "kbase.results" for name in ("Answer", "Citation", "Hit", "Hits", "Report")}
_HOMES |= {name: "kbase.nodes" for name in ("Document", "Node")}
_HOMES["KnowledgeBases"] = "kbase.bases"
_HOMES |= {"KnowledgeBase": "kbase.knowledge", "Settings": "kbase.settings", "open_store": "kbase.stores.contract"}


def __getattr__(name: str) -> Any:
    # a name brings its module when it is first used: `kbase --help` should not wait for Haystack and LanceDB
    if name not in _HOMES:
        raise AttributeError(f"module 'kbase' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
